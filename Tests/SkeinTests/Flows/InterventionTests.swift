import Skein
import SkeinCore
import Testing

/// What operators do at odd moments.
@Suite(.timeLimit(.minutes(1)))
struct InterventionTests {
    @Test func `a rollback that was paused goes on when it is resumed`() async throws {
        let bench = Bench()
        bench.engine.handle("work") { _, _ in .success(nil) }
        bench.engine.handle("fail") { _, _ in .failure("NO_SHIP", isRetryable: false) }
        bench.engine.handle("undo") { _, step in step.attempt < 2 ? .failure("BANK_DOWN") : .success(nil) }
        try await bench.engine.register(SagaTests.order())
        let id = try await bench.engine.create("order").execution.id
        #expect(try await bench.engine.drive(id).status == .rollingBack)
        #expect(try await bench.engine.pause(id).status == .paused)
        #expect(try await bench.engine.resume(id).status == .rollingBack)
        #expect(try await bench.engine.run(id, simulateTime: true).status == .rolledBack)
    }
}
