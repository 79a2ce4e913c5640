import Skein
import SkeinCore
import Testing

/// Tasks at certain times.
@Suite(.everyStore)
struct CronTaskTests {
    typealias Raw = TaskContext<JSONValue>

    /// Moves the clock a second at a time, and does what is due.
    private func pass(_ seconds: Int, _ tasks: TaskBench) async throws {
        for _ in 0..<seconds {
            tasks.bench.clock.advance(by: .seconds(1))
            try await tasks.engine.decideTicks()
            try await tasks.settle()
        }
    }

    @Test func `F23 a task of every second runs, stays pending, and keeps its last result`() async throws {
        let tasks = try await TaskBench()
        tasks.engine.use("tick") { (task: Raw, _) in .success(task.payload) }
        let cron = try await tasks.engine.cron("tick", "* * * * * *", payload: 7)
        #expect(cron.status == .pending && cron.last == nil && cron.result == nil)
        try await pass(3, tasks)
        let after = try await tasks.engine.cronTask(cron.id)
        #expect(after.status == .pending && after.result == 7 && after.retryCount == 0)
        #expect(try #require(after.nextRunAt) > tasks.bench.clock.now)
        let attempts = try await tasks.engine.cronAttempts(of: cron.id)
        #expect(attempts.count >= 2)
        #expect(attempts.map(\.attempt) == Array(1...attempts.count))
        #expect(attempts.allSatisfy { $0.outcome == .completed })
        // The same on another instance, or after a restart, is the same task.
        #expect(try await tasks.engine.cron("tick", "* * * * * *", payload: 7).id == cron.id)
        #expect(try await tasks.engine.cronTasks("tick").map(\.id) == [cron.id])
    }

    @Test func `F24 one that fails runs as often as it may, is paused, and runs at once when it is resumed`()
        async throws
    {
        let tasks = try await TaskBench()
        tasks.engine.use("bad", options: .init(maxRetries: 3)) { (_: Raw, _) in
            tasks.ledger.note("ran")
            throw StepFailure("NO", "not today")
        }
        let cron = try await tasks.engine.cron("bad", "* * * * * *")
        try await pass(1, tasks)
        #expect(tasks.ledger.take().count == 3)
        let paused = try await tasks.engine.cronTask(cron.id)
        #expect(paused.status == .paused && paused.schedule.record.isPaused && paused.error?.code == "NO")
        #expect(paused.nextRunAt == nil)
        try await pass(5, tasks)
        #expect(tasks.ledger.take() == [])
        let resumed = try await tasks.engine.resumeCron(cron.id)
        #expect(resumed.status == .pending && resumed.retryCount == 0)
        try await tasks.settle()
        #expect(tasks.ledger.take().count == 3)
        #expect(try await tasks.engine.cronTask(cron.id).status == .paused)
    }

    @Test func `a run that succeeds begins the count of attempts anew`() async throws {
        let tasks = try await TaskBench()
        tasks.engine.use("flaky", options: .init(maxRetries: 3)) { (_: Raw, _) in
            tasks.ledger.note("ran")
            // Fails twice in each run, which is as often as a run may.
            if tasks.ledger.all.count % 3 != 0 { throw StepFailure("NO") }
            return .success(nil)
        }
        let cron = try await tasks.engine.cron("flaky", "* * * * * *")
        try await pass(4, tasks)
        #expect(try await tasks.engine.cronTask(cron.id).status == .pending)
        #expect(tasks.ledger.all.count == 12)
    }

    @Test func `whoever did not see it fail pauses it when the next tick is due`() async throws {
        let tasks = try await TaskBench()
        tasks.engine.use("late") { (_: Raw, _) in .suspend(reason: "somebody") }
        let cron = try await tasks.engine.cron("late", "* * * * * *")
        try await pass(1, tasks)
        let run = try #require(try await tasks.engine.cronTask(cron.id).last)
        // Not the driver ends it.
        try await tasks.engine.cancelTask(run.id)
        #expect(try await tasks.engine.cronTask(cron.id).status == .paused)
        try await pass(2, tasks)
        let after = try await tasks.engine.cronTask(cron.id)
        #expect(after.schedule.record.isPaused && after.last?.id == run.id)
    }

    @Test func `F26 an expression that is none is refused, and midnight is midnight`() async throws {
        let tasks = try await TaskBench()
        tasks.engine.use("nightly") { (_: Raw, _) in .success(nil) }
        let error = await #expect(throws: EngineError.self) { try await tasks.engine.cron("nightly", "every day") }
        #expect(error?.message == "Invalid cron expression: every day")
        let cron = try await tasks.engine.cron("nightly", "0 0 * * *")
        let next = try #require(cron.nextRunAt)
        #expect(next.description.hasSuffix("T00:00:00.000000Z") && next > tasks.bench.clock.now)
        let unknown = await #expect(throws: EngineError.self) { try await tasks.engine.cron("nothing", "0 0 * * *") }
        #expect(unknown?.message == "No handler registered for task: nothing")
    }

    @Test func `runs never overlap, and what was missed while nobody looked comes to one run`() async throws {
        let tasks = try await TaskBench()
        tasks.engine.use("slow") { (task: Raw, _) in
            tasks.ledger.note("ran")
            return task.stage == 0 ? .suspend(reason: "takes its time") : .success(nil)
        }
        let cron = try await tasks.engine.cron("slow", "* * * * * *")
        try await pass(5, tasks)
        #expect(tasks.ledger.take() == ["ran"])
        let run = try #require(try await tasks.engine.cronTask(cron.id).last)
        try await tasks.engine.resumeTask(run.id)
        try await tasks.settle()
        tasks.bench.clock.advance(by: .seconds(3_600))
        _ = tasks.ledger.take()
        try await tasks.engine.decideTicks()
        try await tasks.settle()
        #expect(tasks.ledger.take() == ["ran"])
    }

    @Test func `what is said of a run holds for every run`() async throws {
        let tasks = try await TaskBench()
        tasks.engine.use("bad", options: .init(maxRetries: 5)) { (_: Raw, _) in
            tasks.ledger.note("ran")
            throw StepFailure("NO")
        }
        let options = TaskOptions(priority: 7, maxRetries: 1, tag: "t", metadata: ["by": "ann"])
        let cron = try await tasks.engine.cron("bad", "* * * * * *", options: options)
        try await pass(1, tasks)
        #expect(tasks.ledger.take() == ["ran"])
        let last = try #require(try await tasks.engine.cronTask(cron.id).last)
        #expect(last.execution.creation.tag == "t" && last.execution.creation.priority == 7)
        // What the owner says of it, and which tick it was: nothing else.
        let metadata = try #require(last.execution.creation.metadata)
        #expect(metadata["by"] == "ann" && metadata.keys.sorted() == ["by", "schedule"])
    }

    @Test func `the tasks of an instance are held back, and let go`() async throws {
        let tasks = try await TaskBench()
        tasks.engine.use([
            "a": { (_: Raw, _) in .success("a") },
            "b": { (_: Raw, _) in .success("b") },
        ])
        tasks.engine.pauseTasks()
        let id = try await tasks.engine.async("a").execution.id
        try await tasks.settle()
        #expect(try await tasks.engine.taskRecord(id).status == .pending)
        tasks.engine.resumeTasks()
        try await tasks.settle()
        #expect(try await tasks.engine.taskRecord(id).result == "a")
        #expect(try await tasks.run("b").result == "b")
        #expect(tasks.engine.unuse("a", "b") == 2)
    }
}
