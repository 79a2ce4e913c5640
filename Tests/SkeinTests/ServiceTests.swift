import ServiceLifecycle
import Skein
import SkeinCore
import Synchronization
import Testing

/// Engines that run as services, on the real clock, over one in-memory store.
@Suite(.timeLimit(.minutes(2)))
struct ServiceTests {
    /// A gate that handlers wait at.
    final class Gate: Sendable {
        private struct State {
            var isOpen = false
            var waiting: [CheckedContinuation<Void, Never>] = []
            var arrived = 0
            var watchers: [(Int, CheckedContinuation<Void, Never>)] = []
        }

        private let state = Mutex(State())

        /// Waits until opened; deaf to cancellation.
        func pass() async {
            await withCheckedContinuation { continuation in
                let (isOpen, watchers) = state.withLock { state in
                    state.arrived += 1
                    let ready = state.watchers.filter { $0.0 <= state.arrived }
                    state.watchers.removeAll { $0.0 <= state.arrived }
                    if !state.isOpen { state.waiting.append(continuation) }
                    return (state.isOpen, ready)
                }
                for watcher in watchers { watcher.1.resume() }
                if isOpen { continuation.resume() }
            }
        }

        func arrivals(_ count: Int) async {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if state.arrived < count { state.watchers.append((count, continuation)) }
                    return state.arrived >= count
                }
                if isReady { continuation.resume() }
            }
        }

        func open() {
            let waiting = state.withLock { state in
                state.isOpen = true
                defer { state.waiting.removeAll() }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }
    }

    /// Who is inside a lock now, and was.
    final class Holders: Sendable {
        private let state = Mutex((now: 0, most: 0, tokens: [Int64]()))

        func enter(_ token: Int64) {
            state.withLock { state in
                state.now += 1
                state.most = max(state.most, state.now)
                state.tokens.append(token)
            }
        }

        func leave() { state.withLock { $0.now -= 1 } }
        var most: Int { state.withLock { $0.most } }
        var tokens: [Int64] { state.withLock { $0.tokens } }
    }

    static func running<Result: Sendable>(
        _ engines: [Engine], _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for engine in engines { group.addTask { try await engine.run() } }
            let result = try await body()
            group.cancelAll()
            return result
        }
    }

    @Test func `too many handlers that ignore their end, end the service`()
        async throws
    {
        var configuration = EngineConfiguration()
        (configuration.concurrency, configuration.lease) = (2, .milliseconds(300))
        (configuration.grace, configuration.recycleAt) = (.milliseconds(10), 0.5)
        let engine = Engine(store: InMemoryExecutionStore(), configuration: configuration)
        let gate = Gate()
        engine.handle("deaf") { _, _ in
            await gate.pass()
            return .success(nil)
        }
        try await engine.register(TestFlows.single("deaf", step: ["timeoutMs": 1]))
        let service = Task { try await engine.run() }
        let id = try await engine.create("single").execution.id
        #expect(try await engine.wait(for: id).error?.code == "TIMEOUT")
        let error = await #expect(throws: EngineError.self) { try await service.value }
        #expect(error?.code == .unavailable)
        gate.open()
    }

    @Test func `many executions created through a running engine all end`() async throws {
        let engine = Engine(store: InMemoryExecutionStore())
        engine.handle("echo") { input, _ in .success(input) }
        try await engine.register(TestFlows.chain("echo", count: 5))
        try await Self.running([engine]) {
            let ids = try await withThrowingTaskGroup(of: ExecutionID.self) { group in
                for _ in 0..<1_000 { group.addTask { try await engine.create("chain").execution.id } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for id in ids {
                let final = try await engine.wait(for: id)
                #expect(final.status == .completed && final.stepCount == 5)
                #expect(try await engine.events(of: id).map(\.seq) == Array(1...8))
            }
        }
    }

    @Test func `a timer fires on a running engine and a resume wakes a sleeper`() async throws {
        let engine = Engine(store: InMemoryExecutionStore())
        engine.handle("echo") { input, _ in .success(input) }
        engine.handle("pause") { input, step in
            .wait(WaitRequest(until: input["manual"] == true ? .resume : .time(step.now + .milliseconds(50))))
        }
        try await engine.register(WaitTests.waiting("pause"))
        try await Self.running([engine]) {
            let timer = try await engine.create("pause").execution.id
            #expect(try await engine.wait(for: timer).status == .completed)
            let manual = try await engine.create("pause", context: ["manual": true]).execution.id
            for try await event in try await engine.follow(manual) where event.type == "execution.waiting" { break }
            _ = try await engine.resume(manual, data: "go")
            #expect(try await engine.wait(for: manual).context["seen"] == "go")
        }
    }

    @Test func `nothing that was claimed ahead of its time starts before it`() async throws {
        let engine = Engine(store: InMemoryExecutionStore())
        let early = Ledger()
        engine.handle("note") { input, step in
            if let due = step.context["due"]?.int64, step.now.microseconds < due { early.note("\(step.executionID)") }
            return .success(nil)
        }
        try await engine.register(TestFlows.single("note"))
        try await Self.running([engine]) {
            let ids = try await withThrowingTaskGroup(of: ExecutionID.self) { group in
                for index in 0..<200 {
                    group.addTask {
                        let delay = Duration.milliseconds(20 + index)
                        let due = engine.clock.now + delay
                        return try await engine.create(
                            "single", context: ["due": .int(due.microseconds)], options: CreateOptions(delay: delay)
                        ).execution.id
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for id in ids { #expect(try await engine.wait(for: id).status == .completed) }
        }
        #expect(early.all.isEmpty)
    }

    @Test func `a long attempt is marked as started, a long compensation is not`() async throws {
        var configuration = EngineConfiguration()
        configuration.startedMarker = .milliseconds(4)
        let engine = Engine(store: InMemoryExecutionStore(), configuration: configuration)
        let gate = Gate()
        engine.handle("echo") { input, _ in .success(input) }
        engine.handle("fail") { _, _ in .failure("NO", "not today", isRetryable: false) }
        engine.handle("long") { _, _ in
            await gate.pass()
            return .success(nil)
        }
        try await engine.register(TestFlows.single("long"))
        try await engine.register([
            "id": "undone", "version": "1.0.0", "initialStepId": "first",
            "steps": [
                "first": ["type": "echo", "compensate": ["type": "long"], "transitions": ["onSuccess": "second"]],
                "second": ["type": "fail"],
            ],
        ])
        try await Self.running([engine]) {
            let undone = try await engine.create("undone").execution.id
            await gate.arrivals(1)
            // What is marked after it came later than the compensation, which has been passed over by then.
            for _ in 0..<2 {
                let long = try await engine.create("single").execution.id
                for try await event in try await engine.follow(long) where event.type == "step.started" { break }
            }
            gate.open()
            #expect(try await engine.wait(for: undone).status == .rolledBack)
            let types = try await engine.events(of: undone).map(\.type)
            #expect(types.contains("step.compensating") && !types.contains("step.started"))
        }
    }

    @Test func `what was claimed ahead is resumed at once, and let go at a stop`() async throws {
        var configuration = EngineConfiguration()
        configuration.lookahead = .seconds(3_600)
        let store = InMemoryExecutionStore()
        let engine = Engine(store: store, configuration: configuration)
        engine.handle("echo") { input, _ in .success(input) }
        engine.handle("pause") { _, step in .wait(WaitRequest(until: .time(step.now + .seconds(1_800)))) }
        try await engine.register(WaitTests.waiting("pause"))
        let asleep = try await Self.running([engine]) {
            // Before it runs, a creation leaves a hint that the timer's own would come after.
            while !engine.isRunning { await Task.yield() }
            let resumed = try await engine.create("pause").execution.id
            let asleep = try await engine.create("pause").execution.id
            for id in [resumed, asleep] {
                // Parked by its creator, then held again.
                while true {
                    let isHeld = try await store.record(id)?.owner != nil
                    if try await engine.execution(id).lastEvent == "execution.waiting", isHeld { break }
                    await Task.yield()
                }
            }
            _ = try await engine.resume(resumed, data: "go")
            #expect(try await engine.wait(for: resumed).context["seen"] == "go")
            return asleep
        }
        let record = try await store.record(asleep)
        #expect(record?.owner == nil && record?.nextAt ?? .distantFuture > engine.clock.now + .seconds(1_000))
    }

    @Test func `a step that ignores its timeout frees its slot, and its late result is nobody's`() async throws {
        var configuration = EngineConfiguration()
        configuration.concurrency = 1
        let engine = Engine(store: InMemoryExecutionStore(), configuration: configuration)
        let gate = Gate()
        engine.handle("deaf") { _, _ in
            await gate.pass()
            return .success("late")
        }
        engine.handle("echo") { input, _ in .success(input) }
        try await engine.register(TestFlows.single("deaf", id: "deaf", step: ["timeoutMs": 30]))
        try await engine.register(TestFlows.single("echo", id: "echo"))
        try await Self.running([engine]) {
            let stuck = try await engine.create("deaf").execution.id
            #expect(try await engine.wait(for: stuck).error?.code == "TIMEOUT")
            let other = try await engine.create("echo").execution.id
            #expect(try await engine.wait(for: other).status == .completed)
            gate.open()
            let final = try await engine.execution(stuck)
            #expect(final.status == .failed && final.context["out"] == nil)
        }
    }

    @Test func `a cancel during a step wins, and the handler's result is dropped`() async throws {
        let engine = Engine(store: InMemoryExecutionStore())
        let gate = Gate()
        engine.handle("slow") { _, _ in
            await gate.pass()
            return .success("too late")
        }
        try await engine.register(TestFlows.single("slow"))
        try await Self.running([engine]) {
            let id = try await engine.create("single").execution.id
            await gate.arrivals(1)
            #expect(try await engine.execution(id).status == .running)
            #expect(try await engine.cancel(id).cancelled)
            gate.open()
            let final = try await engine.wait(for: id)
            #expect(final.status == .cancelled)
            #expect(try await engine.events(of: id).last?.type == "execution.cancelled")
        }
    }

    @Test func `an instance that was declared dead while it was silent goes on as another worker`() async throws {
        var configuration = EngineConfiguration()
        configuration.lease = .milliseconds(90)
        let store = InMemoryExecutionStore()
        let engine = Engine(store: store, configuration: configuration)
        engine.handle("echo") { input, _ in .success(input) }
        try await engine.register(TestFlows.single("echo"))
        try await Self.running([engine]) {
            let first = try await engine.create("single").execution.id
            #expect(try await engine.wait(for: first).status == .completed)
            let before = engine.workerID
            try await store.unregister(before)
            while engine.workerID == before { await Task.yield() }
            let second = try await engine.create("single").execution.id
            #expect(try await engine.wait(for: second).status == .completed)
            #expect(try await store.workers().filter(\.isLive).map(\.id) == [engine.workerID])
        }
    }

    @Test func `followers see every event in order and end with the execution`() async throws {
        let engine = Engine(store: InMemoryExecutionStore())
        engine.handle("echo") { input, _ in .success(input) }
        try await engine.register(TestFlows.chain("echo", count: 20))
        try await Self.running([engine]) {
            let id = try await engine.create("chain").execution.id
            var seqs: [Int64] = []
            for try await event in try await engine.follow(id) { seqs.append(event.seq) }
            #expect(seqs == Array(1...23))
            var tail: [Int64] = []
            for try await event in try await engine.follow(id, from: 22) { tail.append(event.seq) }
            #expect(tail == [22, 23])
            for try await _ in try await engine.follow(id, from: 24) { Issue.record("nothing is left") }
        }
    }

    @Test func `a lock has one holder at a time and its tokens grow`() async throws {
        let engine = Engine(store: InMemoryExecutionStore())
        let inside = Holders()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try await engine.withLock("one", wait: .seconds(30)) { fence in
                        inside.enter(fence.token)
                        await Task.yield()
                        inside.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(inside.most == 1)
        #expect(inside.tokens == inside.tokens.sorted() && Set(inside.tokens).count == 8)
    }
}
