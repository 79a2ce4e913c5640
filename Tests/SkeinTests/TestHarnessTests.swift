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
}
