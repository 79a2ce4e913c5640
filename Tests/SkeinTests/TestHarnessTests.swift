import Skein
import SkeinCore
import SkeinTesting
import Testing

@Suite(.timeLimit(.minutes(1)))
struct TestHarnessTests {
    @Test func `time stands still until the test moves it`() async throws {
        let harness = TestHarness()
        harness.engine.handle("pause") { _, step in .wait(WaitRequest(until: .time(step.now + .seconds(3_600)))) }
        harness.engine.handle("echo") { input, _ in .success(input) }
        let waiting = try await harness.run(WaitTests.waiting("hour"))
        #expect(waiting.status == .waiting)
        try await harness.advance(by: .seconds(3_599))
        #expect(try await harness.engine.execution(waiting.id).status == .waiting)
        try await harness.advance(by: .seconds(1))
        #expect(try await harness.engine.execution(waiting.id).status == .completed)
    }

    @Test func `eight callers on three engines hold one lock one after the other`() async throws {
        let store = InMemoryExecutionStore()
        let coordination = Coordination.inProcess()
        let engines = (0..<3).map { _ in Engine(store: store, coordination: coordination) }
        let inside = ServiceTests.Holders()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<8 {
                group.addTask {
                    try await engines[caller % 3].withLock("one", wait: .seconds(30)) { fence in
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

    @Test func `a holder that died is followed by the next when its time is over`() async throws {
        let store = InMemoryExecutionStore()
        let engine = Engine(store: store)
        let dead = try await store.fence("one", holder: "dead", ttl: .milliseconds(50))
        let next = try await engine.withLock("one", wait: .seconds(30)) { $0.token }
        #expect(next > (dead ?? .max))
    }

    @Test func `a flow in Swift ends the same wherever its engine dies`() async throws {
        let harness = TestHarness()
        let points = try await harness.crashAtEveryStep(Orders.full, Order(id: "o1", total: 5)) { end, order in
            try harness.assertCompleted(end.execution)
            #expect(order?.note == "shipped" && order?.payment == Payment(amount: 5))
        }
        #expect(points >= 5)
        let approved = try await harness.crashAtEveryStep(
            Orders.full, Order(id: "o1", total: 2_000), fault: .crashBefore,
            answer: { try await $0.signal($1.id, .approval, Approval(granted: true)) }
        ) { end, order in
            try harness.assertCompleted(end.execution)
            #expect(order?.approval == Approval(granted: true))
        }
        #expect(approved > points)
    }

    @Test func `assertions say what they found`() async throws {
        let harness = TestHarness()
        harness.engine.handle("echo") { input, _ in .success(input) }
        let end = try await harness.run(TestFlows.single("echo"), context: ["a": 1])
        try harness.assertCompleted(end)
        try harness.assertContext(end, "a", 1)
        try harness.assertContext(end, "b", nil)
        let types = ["execution.created", "execution.started", "step.completed", "execution.completed"]
        try await harness.assertEvents(end, types)
        #expect(throws: AssertionFailure.self) { try harness.assertFailed(end) }
        #expect(throws: AssertionFailure.self) { try harness.assertContext(end, "a", 2) }
        await #expect(throws: AssertionFailure.self) { try await harness.assertEvents(end, types.dropLast()) }
    }

    @Test func `a store that loses an answer has the row or has not, and the process lives on`() async throws {
        for isWritten in [false, true] {
            let clock = VirtualClock()
            let base = InMemoryExecutionStore(clock: clock)
            let store = FaultyStore(base, faults: [1: .unknown(isWritten: isWritten)])
            let engine = Engine(store: store, clock: clock)
            engine.handle("echo") { input, _ in .success(input) }
            try await engine.register(TestFlows.single("echo"))
            await #expect(throws: CancellationError.self) { try await engine.create("single") }
            #expect(try await base.list(ExecutionQuery()).count == (isWritten ? 1 : 0))
            #expect(try await engine.create("single").created && !store.isCrashed && store.commits == 2)
        }
    }
}
