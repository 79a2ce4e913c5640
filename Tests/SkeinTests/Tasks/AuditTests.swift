import Skein
import SkeinCore
import Testing

/// What the log tells of whole workflows.
@Suite(.everyStore)
struct AuditTests {
    typealias Raw = TaskContext<JSONValue>

    /// A parent, a child that completes, one that fails after two attempts.
    private func family() async throws -> (tasks: TaskBench, root: TaskRecord, children: [TaskRecord]) {
        let tasks = try await TaskBench()
        let engine = tasks.engine
        engine.use("parent") { (task: Raw, next) in
            try await task.audit("parent_stage", metadata: ["stage": .int(Int64(task.stage))])
            return task.stage == 0 ? next([ChildTask("good"), ChildTask("bad")]) : .success(nil)
        }
        engine.use("good") { (task: Raw, _) in
            tasks.bench.clock.advance(by: .milliseconds(20))
            try await task.audit("good_done", "the good one is done")
            return .success(1)
        }
        engine.use("bad", options: .init(maxRetries: 2)) { (_: Raw, _) in
            tasks.bench.clock.advance(by: .milliseconds(30))
            throw StepFailure("NO", "it does not work")
        }
        let root = try await tasks.run("parent", .null, .init(tag: "t"))
        return (tasks, try await tasks.record(root), try await tasks.children(of: root))
    }

    @Test func `F48 a page of a workflow's checkpoints, in order, with the number of all`() async throws {
        let (tasks, root, children) = try await family()
        var query = AuditQuery(.workflow(children[0].id))
        query.types = ["checkpoint"]
        query.limit = 2
        let first = try await tasks.engine.audit(query)
        #expect(first.total == 3 && first.items.count == 2 && first.hasMore)
        query.offset = 2
        query.limit = 10
        let rest = try await tasks.engine.audit(query)
        #expect(rest.total == 3 && rest.items.count == 1 && !rest.hasMore)
        let codes = (first.items + rest.items).compactMap { $0.metadata["code"]?.string }
        #expect(codes.sorted() == ["good_done", "parent_stage", "parent_stage"])
        #expect((first.items + rest.items).map(\.at) == (first.items + rest.items).map(\.at).sorted())
        query.order = .descending
        query.offset = 0
        #expect(try await tasks.engine.audit(query).items == (first.items + rest.items).reversed())
        var own = AuditQuery(.execution(root.id))
        own.types = ["checkpoint"]
        #expect(try await tasks.engine.audit(own).items.allSatisfy { $0.executionID == root.id })
        own = AuditQuery(.workflow(root.id))
        own.parentID = root.id
        #expect(try await Set(tasks.engine.audit(own).items.map(\.executionID)) == Set(children.map(\.id)))
        own.startedAfter = tasks.bench.clock.now + .seconds(1)
        #expect(try await tasks.engine.audit(own).total == 0)
    }

    @Test func `F49 the summary counts tasks, attempts and outcomes, and finds what took longest`() async throws {
        let (tasks, root, children) = try await family()
        let bad = try #require(children.first { $0.name == "bad" })
        let summary = try await tasks.engine.workflowSummary(of: bad.id)
        #expect(summary["rootExecutionId"]?.string == root.id.description && summary["name"] == "parent")
        #expect(summary["totals"]?["tasks"] == 3 && summary["totals"]?["attempts"] == 5)
        #expect(summary["totals"]?["checkpoints"] == 3)
        #expect(summary["attemptOutcomes"] == ["completed": 2, "failed": 2, "suspended": 1])
        #expect(summary["statuses"] == ["completed": 2, "permanently_failed": 1])
        #expect(summary["taskNames"] == ["bad": 1, "good": 1, "parent": 1])
        #expect(summary["stages"] == ["0": 2, "1": 1])
        let failed = try #require(summary["failedTasks"]?.array)
        #expect(failed.map { $0["executionId"]?.string } == [bad.id.description])
        #expect(failed.first?["error"]?["code"] == "NO" && failed.first?["status"] == "permanently_failed")
        let path = try #require(summary["criticalPath"])
        #expect(path["totalUs"] == 30_000)
        #expect(path["nodes"]?.array?.map { $0["name"]?.string } == ["parent", "bad"])
        #expect(path["nodes"]?.array?.last?["attempt"] == 1)
        let slowest = try #require(summary["slowestAttempts"]?.array)
        #expect(slowest.count == 5 && slowest.map { $0["durationUs"]?.int64 ?? 0 } == [30_000, 30_000, 20_000, 0, 0])
        #expect(summary["stageTimings"]?.array?.map { $0["stage"]?.int } == [0, 1])
        #expect(summary["timing"]?["workflowDurationUs"] == 80_000)
        #expect(summary["workers"]?.array?.count == 1)
    }

    @Test func `a root that has not begun has a path of one node`() async throws {
        let tasks = try await TaskBench()
        tasks.engine.use("later") { (_: Raw, _) in .success(nil) }
        let id = try await tasks.engine.async("later", options: .init(delay: .seconds(60))).execution.id
        let summary = try await tasks.engine.workflowSummary(of: id)
        #expect(summary["criticalPath"]?["totalUs"] == 0)
        #expect(summary["criticalPath"]?["nodes"]?.array?.count == 1)
        #expect(summary["criticalPath"]?["nodes"]?.array?.first?["attempt"]?.isNull ?? true)
        #expect(summary["stageTimings"] == [] && summary["statuses"] == ["pending": 1])
        let nobody = ExecutionID(raw: .v4(random: 1, 2))
        await #expect(throws: EngineError.self) { try await tasks.engine.workflowSummary(of: nobody) }
    }

    @Test func `attempts are filtered by outcome, worker and time, and paged`() async throws {
        let (tasks, root, children) = try await family()
        var query = AuditQuery(.workflow(root.id))
        let all = try await tasks.engine.auditAttempts(query)
        #expect(all.total == 5 && all.items.map(\.attempt).max() == 2)
        query.outcomes = [.failed]
        let failed = try await tasks.engine.auditAttempts(query)
        #expect(failed.total == 2 && failed.items.map(\.attempt) == [1, 2])
        #expect(failed.items.allSatisfy { $0.error?["code"] == "NO" && $0.duration == .milliseconds(30) })
        query.outcomes = []
        query.openOnly = true
        #expect(try await tasks.engine.auditAttempts(query).total == 0)
        query.openOnly = false
        query.workerID = WorkerID(raw: .v4(random: 1, 2))
        #expect(try await tasks.engine.auditAttempts(query).total == 0)
        query = AuditQuery(.execution(try #require(children.first { $0.name == "good" }).id))
        #expect(try await tasks.engine.auditAttempts(query).items.map(\.outcome) == [.completed])
        query.limit = 0
        query.offset = -1
        let error = await #expect(throws: EngineError.self) { try await tasks.engine.auditAttempts(query) }
        #expect(
            error?.problems.map(\.message) == [
                "limit must be a positive integer", "offset must be a non-negative integer",
            ])
    }

    @Test func `F33 suspended tasks are found by their reason`() async throws {
        let tasks = try await TaskBench()
        tasks.engine.use("ask") { (task: Raw, _) in .suspend(reason: task.payload.string ?? "") }
        let ann = try await tasks.run("ask", "ann decides")
        _ = try await tasks.run("ask", "bob decides")
        var query = TaskQuery()
        query.statuses = [.suspended]
        query.suspendReason = "ann decides"
        #expect(try await tasks.engine.tasks(query).tasks.map(\.id) == [ann.id])
    }

    @Test func `F54 tags and names that nobody has give nothing, and statistics count the rest`() async throws {
        let (tasks, _, _) = try await family()
        var query = TaskQuery()
        query.tag = "nobody's"
        #expect(try await tasks.engine.tasks(query).tasks.isEmpty)
        query = TaskQuery()
        query.name = "nothing"
        #expect(try await tasks.engine.tasks(query).tasks.isEmpty)
        #expect(try await tasks.engine.taskStatistics(tag: "nobody's").isEmpty)
        let counts = try await tasks.engine.taskStatistics(tag: "t")
        #expect(
            counts == [
                TaskCount(tag: "t", name: "bad", status: .permanentlyFailed, count: 1),
                TaskCount(tag: "t", name: "good", status: .completed, count: 1),
                TaskCount(tag: "t", name: "parent", status: .completed, count: 1),
            ])
        #expect(try await tasks.engine.taskStatistics(tag: "t", status: .permanentlyFailed).map(\.name) == ["bad"])
        #expect(try await tasks.engine.taskStatistics().map(\.count).reduce(0, +) == 3)
    }

    @Test func `who asked is in the log, for what they asked`() async throws {
        let tasks = try await TaskBench()
        tasks.engine.use("ask") { (_: Raw, _) in .suspend(reason: "somebody") }
        let id = try await Caller.$current.withValue(Caller(actor: "ann", requestID: "r-1")) {
            try await tasks.engine.async("ask").execution.id
        }
        try await tasks.settle()
        try await Caller.$current.withValue(Caller(actor: "bob", requestID: "r-2")) {
            _ = try await tasks.engine.cancel(id, reason: "not wanted")
        }
        let events = try await tasks.engine.events(of: id)
        let created = try #require(events.first { $0.type == "execution.created" })
        #expect(created.metadata["actor"] == "ann" && created.metadata["requestId"] == "r-1")
        let cancelled = try #require(events.first { $0.type == "execution.cancelled" })
        #expect(cancelled.metadata["actor"] == "bob" && cancelled.metadata["requestId"] == "r-2")
        #expect(try await tasks.engine.verifyAudit(id).misfits.isEmpty)
    }
}
