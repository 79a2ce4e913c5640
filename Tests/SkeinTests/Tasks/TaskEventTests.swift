import Skein
import SkeinCore
import Testing

/// The log of tasks in fib-flow's names.
@Suite(.everyStore, .timeLimit(.minutes(3)))
struct TaskEventTests {
    typealias Raw = TaskContext<JSONValue>

    private func told(_ bench: TaskBench, _ task: TaskRecord) async throws -> [TaskEvent] {
        try await bench.engine.taskEvents(of: task.id)
    }

    private func changes(_ events: [TaskEvent]) -> [String] {
        events.map { event in
            let from = event.fromStatus.map(\.rawValue) ?? "-"
            return "\(event.type) \(from) \(event.toStatus?.rawValue ?? "-") \(event.stage)"
        }
    }

    @Test func `a parent's events tell its children and its stages`() async throws {
        let bench = try await TaskBench()
        bench.engine.use("child") { (_: Raw, _) in .success(.null) }
        bench.engine.use("parent") { (task: Raw, next) in
            if task.stage == 0 { return next([ChildTask("child"), ChildTask("child")]) }
            try await task.audit("merged", "both are here")
            return .success(.null)
        }
        let parent = try await bench.run("parent", .null, TaskOptions(tag: "t"))
        let events = try await told(bench, parent)
        #expect(
            changes(events) == [
                "task_created - pending 0", "task_claimed pending running 0", "task_started pending running 0",
                "task_subtasks_created running suspended 0", "task_status_changed running suspended 0",
                "task_status_changed suspended pending 1", "task_claimed pending running 1",
                "task_started pending running 1", "task_checkpoint running running 1",
                "task_completed running completed 1",
            ])
        #expect(events[0].metadata == ["name": "parent", "type": "async", "tag": "t"])
        let children = try await bench.children(of: parent)
        #expect(events[3].metadata["child_task_ids"]?.array?.count == 2 && events[3].metadata["child_count"] == 2)
        #expect(events[3].metadata["child_task_names"] == ["child", "child"])
        let ids = Set((events[3].metadata["child_task_ids"]?.array ?? []).compactMap(\.string))
        #expect(ids == Set(children.map { "\($0.id)" }))
        #expect(events[4].metadata["suspend_reason"] == "awaiting_subtasks")
        #expect(events[5].metadata["resume_reason"] == "children_completed")
        #expect(events[8].message == "both are here" && events[8].metadata["code"] == "merged")
        #expect(events.filter(\.isDerived).count == 4)
    }

    @Test func `a retry, its exhaustion and a timeout are told`() async throws {
        let bench = try await TaskBench()
        bench.engine.use("bad", options: .init(maxRetries: 2)) { (_: Raw, _) in throw StepFailure("BAD", "why") }
        let events = try await told(bench, try await bench.run("bad"))
        #expect(
            changes(events) == [
                "task_created - pending 0", "task_claimed pending running 0", "task_started pending running 0",
                "task_failed running failed 0", "task_retry_scheduled failed pending 0",
                "task_claimed pending running 0", "task_started pending running 0",
                "task_retry_started pending running 0", "task_failed running failed 0",
                "task_permanently_failed failed permanently_failed 0",
            ])
        #expect(events[4].metadata == ["retry_count": 1, "previous_status": "failed"])
        #expect(events[9].metadata["retry_exhausted"] == true && events[9].message == "why")
    }

    @Test func `a suspension, its resume and a cancel are told`() async throws {
        let bench = try await TaskBench()
        bench.engine.use("ask") { (_: Raw, _) in .suspend(reason: "a person") }
        let task = try await bench.run("ask")
        try await bench.engine.resumeTask(task.id, reason: "go")
        try await bench.settle()
        try await bench.engine.cancelTask(task.id)
        let events = try await told(bench, task)
        #expect(
            changes(events).filter { !$0.contains("running") } == [
                "task_created - pending 0", "task_resumed suspended pending 1",
                "task_permanently_failed suspended permanently_failed 1",
            ])
        let suspensions = events.filter { $0.type == "task_suspended" }
        #expect(suspensions.map { $0.metadata["suspend_reason"] } == ["a person", "a person"])
        #expect(events.first { $0.type == "task_resumed" }?.metadata["resume_reason"] == "go")
    }

    @Test func `a page goes on behind an event`() async throws {
        let bench = try await TaskBench()
        bench.engine.use("job") { (_: Raw, _) in .success(.null) }
        let task = try await bench.run("job")
        let all = try await told(bench, task)
        var paged: [TaskEvent] = []
        for seq in 0..<8 { paged += try await bench.engine.taskEvents(of: task.id, after: Int64(seq), limit: 1) }
        #expect(paged == all)
    }

    @Test func `what is no task has no such events`() async throws {
        let bench = try await TaskBench()
        let end = try await bench.bench.run(TestFlows.single("echo"))
        let error = await #expect(throws: EngineError.self) { try await bench.engine.taskEvents(of: end.id) }
        #expect(error?.code == .executionNotFound)
    }

    @Test func `lists find tasks by name, status, tag and reason`() async throws {
        let bench = try await TaskBench()
        bench.engine.use("ask") { (task: Raw, _) in .suspend(reason: task.payload.string ?? "?") }
        bench.engine.use("job") { (_: Raw, _) in .success(.null) }
        bench.engine.use("bad", options: .init(maxRetries: 2, retryInterval: .seconds(60))) { (_: Raw, _) in
            throw StepFailure("BAD")
        }
        for reason in ["a", "b", "b"] { _ = try await bench.run("ask", .string(reason)) }
        for _ in 0..<4 { _ = try await bench.run("job", .null, TaskOptions(tag: "t")) }
        _ = try await bench.run("bad")
        _ = try await bench.bench.run(TestFlows.single("echo"))
        func count(_ change: (inout TaskQuery) -> Void) async throws -> Int {
            var query = TaskQuery()
            change(&query)
            return try await bench.engine.tasks(query).tasks.count
        }
        #expect(try await count { _ in } == 8)
        #expect(try await count { $0.name = "ask" } == 3)
        #expect(try await count { $0.statuses = [.completed] } == 4)
        #expect(try await count { $0.statuses = [.suspended, .failed] } == 4)
        #expect(try await count { $0.suspendReason = "b" } == 2)
        #expect(try await count { $0.tag = "t" } == 4)
        var query = TaskQuery()
        query.limit = 3
        var seen: [ExecutionID] = []
        while true {
            let page = try await bench.engine.tasks(query)
            seen += page.tasks.map(\.id)
            guard let next = page.next else { break }
            query.before = next
        }
        #expect(seen.count == 8 && Set(seen).count == 8)
    }
}
