import Skein
import SkeinCore
import Synchronization
import Testing

extension FluxTests {
    @Suite(.timeLimit(.minutes(3)))
    struct BatchTests {
        struct Batch: FlowState, Equatable {
            let names: [String]
            var lengths: [Int] = []

            init(names: [String]) { self.names = names }
        }

        /// How many are at work at once.
        private final class Crowd: Sendable {
            private let state = Mutex((now: 0, most: 0))

            func enter() {
                state.withLock { state in
                    state.now += 1
                    state.most = max(state.most, state.now)
                }
            }

            func leave() { state.withLock { $0.now -= 1 } }
            var most: Int { state.withLock { $0.most } }
        }

        private let engine: Engine

        init() async throws { engine = Engine(store: try await TestStore.new()) }

        @Test func `X21 a batch has so many items at work and no more, and its results are in order`() async throws {
            let crowd = Crowd()
            let meeting = Meeting(4)
            let flow = Flow<Batch>("batch") {
                Map("lengths", over: \.names, into: \.lengths, concurrency: 4) { name, _ in
                    crowd.enter()
                    defer { crowd.leave() }
                    // The first four are there together.
                    if name.count <= 4 { await meeting.meet() }
                    for _ in 0..<(20 - name.count) { await Task.yield() }
                    return name.count
                }
            }
            try await engine.register(flow)
            let names = (1...20).map { String(repeating: "x", count: $0) }
            let (execution, _) = try await engine.create(flow, Batch(names: names))
            #expect(try await engine.run(execution.id).status == .completed)
            #expect(try await engine.result(execution.id, of: flow).lengths == Array(1...20))
            #expect(crowd.most == 4)
        }

        @Test func `X21 what a batch has done is not done again when it is tried again`() async throws {
            let ledger = Ledger()
            let flow = Flow<Batch>("batch") {
                Map("lengths", over: \.names, into: \.lengths, concurrency: 1, retries: .fixed(1)) { name, step in
                    ledger.note(name)
                    if name == "bad", step.attempt == 1 { throw StepFailure("BAD") }
                    return name.count
                }
            }
            try await engine.register(flow)
            let (execution, _) = try await engine.create(flow, Batch(names: ["one", "bad", "three"]))
            #expect(try await engine.run(execution.id).status == .completed)
            #expect(try await engine.result(execution.id, of: flow).lengths == [3, 3, 5])
            #expect(ledger.all == ["one", "bad", "bad", "three"])
        }

        @Test func `X21 a batch that must not go on after a failure starts nothing behind it`() async throws {
            let ledger = Ledger()
            let flow = Flow<Batch>("batch") {
                Map("lengths", over: \.names, into: \.lengths, concurrency: 1) { name, _ in
                    ledger.note(name)
                    if name == "bad" { throw StepFailure("BAD", "bad name", isRetryable: false) }
                    return name.count
                }
            }
            try await engine.register(flow)
            let (execution, _) = try await engine.create(flow, Batch(names: ["one", "bad", "three", "four"]))
            let end = try await engine.run(execution.id)
            #expect(end.status == .failed && end.error?.code == "BAD" && end.error?.stepID == "lengths")
            #expect(ledger.all == ["one", "bad"])
        }

        @Test func `X21 children that must not go on after a failure are not started behind it`() async throws {
            let bench = try await Bench()
            try await ChildrenTests.register(bench.engine) { $0.concurrency = 1 }
            let (id, end) = try await bench.start("parent", ["items": [1, "bad", 3, 4, 5, 6]])
            #expect(end.status == .failed && end.error?.code == "CHILD_FAILED")
            let children = try await bench.store.children(of: id, round: nil, from: 0, limit: 10)
            #expect(children.count == 2)
        }

        @Test func `X21 children that may fail are all run, so many at once, and their results are in order`()
            async throws
        {
            let bench = try await Bench()
            try await ChildrenTests.register(bench.engine) {
                $0.concurrency = 2
                $0.collects = true
            }
            let (id, end) = try await bench.start("parent", ["items": [1, "bad", 3, "worse", 5]])
            #expect(end.status == .completed)
            #expect(end.result?.array?.map { $0.int64 ?? -1 } == [2, -1, 6, -1, 10])
            #expect(end.result?[3]?["error"]?["code"] == "NOT_A_NUMBER")
            #expect(try await bench.store.children(of: id, round: nil, from: 0, limit: 10).count == 5)
        }

        @Test func `X21 a batch that is cancelled does nothing more`() async throws {
            let ledger = Ledger()
            let gate = ServiceTests.Gate()
            let flow = Flow<Batch>("batch") {
                Map("lengths", over: \.names, into: \.lengths, concurrency: 1) { name, _ in
                    ledger.note(name)
                    await gate.pass()
                    return name.count
                }
            }
            let engine = engine
            try await engine.register(flow)
            try await ServiceTests.running([engine]) {
                let (execution, _) = try await engine.create(flow, Batch(names: ["one", "two", "three"]))
                await gate.arrivals(1)
                #expect(try await engine.cancel(execution.id).cancelled)
                gate.open()
                let end = try await engine.wait(for: execution.id)
                #expect(end.status == .cancelled && end.context["lengths"] == [])
            }
            #expect(ledger.all == ["one"])
        }
    }
}
