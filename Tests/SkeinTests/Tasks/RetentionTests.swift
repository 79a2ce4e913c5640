import Skein
import SkeinCore
import Testing

/// What has been over for long leaves, whole workflows at a time.
@Suite(.everyStore)
struct RetentionTests {
    typealias Raw = TaskContext<JSONValue>

    private func bench(_ change: (inout EngineConfiguration) -> Void = { _ in }) async throws -> TaskBench {
        let tasks = try await TaskBench(change)
        tasks.engine.use("good") { (_: Raw, _) in .success(1) }
        tasks.engine.use("bad", options: .init(maxRetries: 1)) { (_: Raw, _) in throw StepFailure("NO") }
        return tasks
    }

    private func exists(_ task: TaskRecord, _ tasks: TaskBench) async throws -> Bool {
        try await !tasks.bench.store.rows(of: task.id, from: 1, limit: 1).isEmpty
    }

    @Test func `F51 retention takes what completed or failed for good, and paused tasks only when asked to`()
        async throws
    {
        let tasks = try await bench()
        let (good, bad) = (try await tasks.run("good"), try await tasks.run("bad"))
        let held = try await tasks.engine.async("good").execution.id
        try await tasks.engine.pauseTask(held)
        tasks.bench.clock.advance(by: .seconds(86_399))
        #expect(try await tasks.engine.runRetention().executions == 0)
        tasks.bench.clock.advance(by: .seconds(2))
        let result = try await tasks.engine.runRetention()
        #expect(result.workflows == 2 && result.executions == 2 && result.rows > 0)
        #expect(try await !exists(good, tasks))
        #expect(try await !exists(bad, tasks))
        #expect(try await tasks.engine.taskRecord(held).status == .paused)
        let opted = TaskRetention(expireTime: .seconds(3_600), statuses: [.paused])
        #expect(try await tasks.engine.runRetention(opted).executions == 1)
        await #expect(throws: EngineError.self) { try await tasks.engine.taskRecord(held) }
    }

    @Test func `F51 an explicit run takes more than one batch`() async throws {
        let tasks = try await bench()
        for _ in 0..<130 { _ = try await tasks.engine.async("good") }
        try await tasks.settle()
        tasks.bench.clock.advance(by: .seconds(7_200))
        let policy = TaskRetention(expireTime: .seconds(1), statuses: [.completed])
        let result = try await tasks.engine.runRetention(policy)
        #expect(result.workflows == 130)
        #expect(try await tasks.engine.tasks().tasks.isEmpty)
    }

    @Test func `F51 a policy that makes no sense is refused, with everything that is wrong`() async throws {
        let tasks = try await bench()
        let policy = TaskRetention(expireTime: .zero, statuses: [.running, .pending])
        let error = await #expect(throws: EngineError.self) { try await tasks.engine.runRetention(policy) }
        #expect(
            error?.problems.map(\.message) == [
                "retention expire_time must be a positive number", "Unsupported retention status: pending",
                "Unsupported retention status: running",
            ])
        let none = await #expect(throws: EngineError.self) {
            try await tasks.engine.runRetention(TaskRetention(statuses: []))
        }
        #expect(none?.problems.map(\.message) == ["retention statuses must be a non-empty array"])
        await #expect(throws: EngineError.self) {
            try await tasks.engine.prune(RetentionPolicy([.running: .seconds(1)]))
        }
        await #expect(throws: EngineError.self) { try await tasks.engine.prune() }
    }

    @Test func `children go with their root, never before it, and nothing goes while a part of it lives`() async throws
    {
        let tasks = try await bench()
        let engine = tasks.engine
        engine.use("parent") { (task: Raw, next) in
            task.stage == 0 ? next([ChildTask("good"), ChildTask("late")]) : .success(nil)
        }
        engine.use("late") { (task: Raw, _) in task.stage == 0 ? .suspend(reason: "later") : .success(2) }
        let parent = try await tasks.run("parent")
        let children = try await tasks.children(of: parent)
        let late = try #require(children.first { $0.name == "late" })
        tasks.bench.clock.advance(by: .seconds(90_000))
        #expect(try await engine.runRetention().executions == 0)
        try await engine.resumeTask(late.id)
        try await tasks.settle()
        #expect(try await tasks.record(parent).status == .completed)
        #expect(try await engine.runRetention().executions == 0)
        tasks.bench.clock.advance(by: .seconds(90_000))
        #expect(try await engine.prune(.ended(.seconds(86_400)), dryRun: true).executions == 3)
        try await engine.hold(late.id, reason: "a lawsuit")
        #expect(try await engine.runRetention().executions == 0)
        try await engine.release(late.id)
        let result = try await engine.runRetention()
        #expect(result.workflows == 1 && result.executions == 3)
        for child in children { #expect(try await !exists(child, tasks)) }
    }

    @Test func `no policy takes what ended within the hour`() async throws {
        let tasks = try await bench()
        let task = try await tasks.run("good")
        tasks.bench.clock.advance(by: .seconds(3_500))
        let soon = RetentionPolicy.ended(.seconds(1))
        #expect(try await tasks.engine.prune(soon).executions == 0)
        tasks.bench.clock.advance(by: .seconds(200))
        #expect(try await tasks.engine.prune(soon).executions == 1)
        #expect(try await !exists(task, tasks))
    }

    @Test func `deleted tasks are gone at once, and their rows an hour later`() async throws {
        let tasks = try await bench()
        let tagged = try await tasks.run("good", .null, .init(tag: "t"))
        let failed = try await tasks.run("bad", .null, .init(tag: "t"))
        let other = try await tasks.run("good")
        var query = TaskQuery()
        query.tag = "t"
        query.statuses = [.completed]
        #expect(try await tasks.engine.deleteTasks(query) == 1)
        #expect(try await Set(tasks.engine.tasks().tasks.map(\.id)) == [failed.id, other.id])
        await #expect(throws: EngineError.self) { try await tasks.engine.taskRecord(tagged.id) }
        #expect(try await exists(tagged, tasks))
        #expect(try await tasks.engine.prune(RetentionPolicy()).executions == 0)
        tasks.bench.clock.advance(by: .seconds(3_700))
        #expect(try await tasks.engine.prune(RetentionPolicy()).executions == 1)
        #expect(try await !exists(tagged, tasks))
        #expect(try await tasks.engine.deleteTasks() == 2)
    }

    @Test func `many small steps take as much as one, and no workflow in pieces`() async throws {
        let tasks = try await bench()
        tasks.engine.use("parent") { (task: Raw, next) in
            task.stage == 0 ? next((0..<5).map { _ in ChildTask("good") }) : .success(nil)
        }
        for _ in 0..<4 {
            _ = try await tasks.run("parent")
            _ = try await tasks.run("good")
        }
        tasks.bench.clock.advance(by: .seconds(90_000))
        // What reports have yet to count stays.
        while try await tasks.bench.store.foldReports(limit: 500) > 0 {}
        var request = PruneRequest(.ended(.seconds(86_400)), limit: 3)
        var taken = 0
        repeat {
            let step = try await tasks.bench.store.prune(request)
            // A parent with its five, or one alone.
            #expect((step.executions - step.workflows) % 5 == 0)
            taken += step.executions
            request.after = step.last
        } while request.after != nil
        #expect(taken == 28)
        #expect(try await tasks.engine.tasks().tasks.isEmpty)
    }

    @Test func `the key of what was deleted starts nothing, and says why`() async throws {
        let tasks = try await bench()
        let task = try await tasks.run("good", 1, .init(idempotencyKey: "k"))
        try await tasks.engine.delete(task.id)
        let error = await #expect(throws: EngineError.self) {
            try await tasks.engine.async("good", payload: 1, options: .init(idempotencyKey: "k"))
        }
        #expect(error?.code == .idempotencyMismatch)
        #expect(error?.message.contains("\(task.id), which has been deleted: use another key") == true)
        #expect(try await tasks.engine.tasks().tasks.isEmpty)
    }

    @Test func `what lives, or belongs to another, is not deleted`() async throws {
        let tasks = try await bench()
        tasks.engine.use("parent") { (task: Raw, next) in
            task.stage == 0 ? next([ChildTask("good")]) : .suspend(reason: "later")
        }
        let parent = try await tasks.run("parent")
        let child = try #require(try await tasks.children(of: parent).first)
        await #expect(throws: EngineError.self) { try await tasks.engine.delete(parent.id) }
        await #expect(throws: EngineError.self) { try await tasks.engine.delete(child.id) }
        try await tasks.engine.cancelTask(parent.id)
        try await tasks.engine.delete(parent.id, reason: "a mistake")
        await #expect(throws: EngineError.self) { try await tasks.engine.delete(parent.id) }
    }
}
