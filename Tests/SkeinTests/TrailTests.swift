import Skein
import SkeinCore
import Testing

/// Who did what to what has no log of its own.
@Suite(.everyStore, .timeLimit(.minutes(1)))
struct TrailTests {
    private static let ann = Caller(actor: "ann", requestID: "r-1", reason: "spring cleaning")

    private func trail(_ tasks: TaskBench, _ change: (inout AuditTrailQuery) -> Void = { _ in }) async throws
        -> [AuditTrailEntry]
    {
        var query = AuditTrailQuery()
        change(&query)
        return try await tasks.engine.store.auditTrail(query)
    }

    @Test func `what somebody does to schedules, limits and stored work is kept with who, why and the request`()
        async throws
    {
        let tasks = try await TaskBench()
        let engine = tasks.engine
        engine.use("good") { (_: TaskContext<JSONValue>, _) in .success(1) }
        let task = try await tasks.run("good")
        let schedule = try await Caller.$current.withValue(Self.ann) {
            let schedule = try await engine.createSchedule([
                "name": "nightly", "flowId": "task:good", "cron": "@daily",
            ]).state.record.id
            try await engine.pauseSchedule(schedule)
            try await engine.deleteSchedule(schedule)
            try await engine.pauseFlow("task:good", reason: "too many")
            try await engine.resumeFlow("task:good")
            try await engine.hold(task.id, reason: "a lawsuit")
            try await engine.release(task.id)
            try await engine.delete(task.id)
            return schedule
        }
        // Once more is nothing new.
        _ = try await engine.store.delete(task.id, by: Intervention(actor: "bob"))
        try await engine.store.hold(task.id, false, by: Intervention(actor: "bob"))
        tasks.bench.clock.advance(by: .seconds(7_200))
        try await Caller.$current.withValue(Self.ann) { try await engine.prune(RetentionPolicy()) }

        let found = try await trail(tasks) { $0.actor = "ann" }
        #expect(found == found.sorted { $0.id > $1.id })
        #expect(
            found.reversed().map(\.action) == [
                "schedule.create", "schedule.update", "schedule.delete", "limit.close", "limit.open", "retention.hold",
                "retention.release", "retention.delete", "retention.prune",
            ])
        #expect(found.allSatisfy { $0.by.requestID == "r-1" })
        #expect(
            found.filter { $0.by.reason != "spring cleaning" }.map(\.by.reason) == ["a lawsuit", "too many"])
        #expect(try await trail(tasks) { $0.actor = "bob" } == [])
        let ofSchedule = try await trail(tasks) { $0.target = "\(schedule)" }
        #expect(ofSchedule.map(\.action) == ["schedule.delete", "schedule.update", "schedule.create"])
        #expect(ofSchedule.map { $0.details["name"] } == ["nightly", "nightly", "nightly"])
        #expect(ofSchedule[1].details["paused"] == true)
        let deleted = try await trail(tasks) { $0.action = "retention.delete" }
        #expect(deleted.map(\.target) == ["\(task.id)"])
        let older = try await trail(tasks) {
            $0.before = deleted.first?.id
            $0.limit = 1
        }
        #expect(older.map(\.action) == ["retention.release"])
    }

    @Test func `a schedule that is paused because a run failed says which`() async throws {
        let tasks = try await TaskBench()
        tasks.engine.use("bad", options: .init(maxRetries: 1)) { (_: TaskContext<JSONValue>, _) in
            throw StepFailure("NO")
        }
        let cron = try await tasks.engine.cron("bad", "* * * * * *")
        tasks.bench.clock.advance(by: .seconds(1))
        try await tasks.engine.decideTicks()
        try await tasks.settle()
        let run = try #require(try await tasks.engine.cronTask(cron.id).last)
        let last = try await trail(tasks) { $0.target = "\(cron.id)" }.first
        #expect(last?.by.reason == "its execution \(run.id) did not complete")
    }
}
