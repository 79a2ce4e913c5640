import Skein
import SkeinCore
import Testing

/// Parents, children, stages and suspension of tasks.
@Suite(.everyStore, .timeLimit(.minutes(3)))
struct TaskStageTests {
    typealias Raw = TaskContext<JSONValue>

    @Test func `F14 a parent sleeps until its children have ended, then goes on once`() async throws {
        let bench = try await TaskBench()
        bench.engine.use("child") { (task: Raw, _) in .success(task.payload) }
        bench.engine.use("parent") { [ledger = bench.ledger] (task: Raw, next) in
            ledger.note("stage \(task.stage)")
            guard task.stage == 1 else {
                return next([ChildTask("child", payload: 1), ChildTask("child", payload: 2)])
            }
            return .success(.array(task.children.map { $0.result ?? .null }))
        }
        let id = try await bench.engine.async("parent").execution.id
        _ = try await bench.engine.driveDue([id], limit: 1)
        let suspended = try await bench.engine.taskRecord(id)
        #expect(suspended.status == .suspended && suspended.execution.wait?.kind == .children)
        try await bench.settle()
        let end = try await bench.record(suspended)
        #expect(end.status == .completed && end.result == [1, 2] && end.stage == 1)
        #expect(bench.ledger.all == ["stage 0", "stage 1"])
        let types = try await bench.types(end)
        #expect(
            types == [
                "execution.created", "execution.started", "step.suspended", "execution.children_created",
                "execution.waiting", "execution.resumed", "step.completed", "execution.completed",
            ])
        let attempts = try await bench.engine.events(of: id).filter { $0.type.hasPrefix("step.") }.map(\.attempt)
        #expect(attempts == [1, 2])
    }

    @Test func `F15 of three levels the root ends last`() async throws {
        let bench = try await TaskBench()
        for (name, child) in [("a", "b"), ("b", "c")] {
            bench.engine.use(name) { [ledger = bench.ledger] (task: Raw, next) in
                if task.stage == 0 { return next(ChildTask(child)) }
                ledger.note(name)
                return .success([.string(name), task.children[0].result ?? .null])
            }
        }
        bench.engine.use("c") { [ledger = bench.ledger] (_: Raw, _) in
            ledger.note("c")
            return .success("c")
        }
        let root = try await bench.run("a")
        #expect(root.result == ["a", ["b", "c"]] && bench.ledger.all == ["c", "b", "a"])
        let child = try #require(try await bench.children(of: root).first)
        #expect(child.execution.creation.rootID == root.id && child.execution.creation.depth == 1)
    }

    @Test func `F17 a parent sees results and errors, in order`() async throws {
        let bench = try await TaskBench()
        bench.engine.use("half", options: .init(maxRetries: 1)) { (task: Raw, _) in
            guard task.payload != 2 else { throw StepFailure("ODD", "two") }
            return .success(task.payload)
        }
        bench.engine.use("other") { (_: Raw, _) in .success("other") }
        bench.engine.use("parent") { (task: Raw, next) in
            if task.stage == 0 {
                return next([
                    ChildTask("half", payload: 1), ChildTask("half", payload: 2), ChildTask("other"),
                    ChildTask("half", payload: 3),
                ])
            }
            return .success(.array(task.children.map { $0.result ?? .string($0.error?.code ?? "") }))
        }
        let parent = try await bench.run("parent")
        #expect(parent.result == [1, "ODD", "other", 3], "\(parent.json)")
    }

    @Test func `F18 every round counts its own children only`() async throws {
        let bench = try await TaskBench()
        bench.engine.use("child", options: .init(maxRetries: 1)) { (task: Raw, _) in
            guard task.payload != "bad" else { throw StepFailure("BAD") }
            return .success(task.payload)
        }
        bench.engine.use("parent") { [ledger = bench.ledger] (task: Raw, next) in
            ledger.note(task.children.map { "\($0.result?.string ?? $0.error?.code ?? "?")" }.joined(separator: ","))
            switch task.stage {
            case 0: return next([ChildTask("child", payload: "bad"), ChildTask("child", payload: "a")])
            case 1: return next([ChildTask("child", payload: "b"), ChildTask("child", payload: "bad")])
            default: return .success("end")
            }
        }
        let parent = try await bench.run("parent")
        #expect(parent.result == "end" && bench.ledger.all == ["", "BAD,a", "b,BAD"])
        #expect(try await bench.children(of: parent).count == 4)
    }

    @Test func `F19 what a stage leaves is there for the next ones, and not for children`() async throws {
        let bench = try await TaskBench()
        bench.engine.use("child") { (task: Raw, _) in .success(.bool(task.context == nil)) }
        bench.engine.use("parent") { [ledger = bench.ledger] (task: Raw, next) in
            ledger.note(task.context.map { "\($0)" } ?? "nil")
            switch task.stage {
            case 0: return next(ChildTask("child"), context: [0, 1, 255])
            case 1: return next(ChildTask("child"))
            case 2: return next(ChildTask("child"), context: [7])
            default: return .success(task.children[0].result ?? .null)
            }
        }
        #expect(try await bench.run("parent").result == true)
        #expect(bench.ledger.all == ["nil", "[0, 1, 255]", "[0, 1, 255]", "[7]"])
    }

    @Test func `F21 a retry begins with the first stage and without what later ones left`() async throws {
        let bench = try await TaskBench()
        bench.engine.use("child") { (_: Raw, _) in .success(.null) }
        bench.engine.use("parent") { [ledger = bench.ledger] (task: Raw, next) in
            ledger.note("\(task.stage) \(task.retryCount) \(task.context == nil) \(task.children.count)")
            if task.stage == 0 { return next(ChildTask("child"), context: [1]) }
            guard task.retryCount == 1 else { throw StepFailure("ONCE") }
            return .success("end")
        }
        let parent = try await bench.run("parent")
        #expect(parent.status == .completed)
        #expect(bench.ledger.all == ["0 0 true 0", "1 0 false 1", "0 1 true 0", "1 1 false 1"])
        #expect(try await bench.children(of: parent).count == 2)
    }

    @Test func `F22 children take what their names stand for when they are made`() async throws {
        let bench = try await TaskBench()
        let engine = bench.engine
        engine.use("child") { (_: Raw, _) in .success("old") }
        engine.use("parent") { [weak engine] (task: Raw, next) in
            if task.stage == 1 { return .success(task.children[0].result ?? .null) }
            engine?.use("child", options: .init(timeout: .seconds(7))) { (task: Raw, _) in
                .success(.int(task.timeout?.components.seconds ?? 0))
            }
            return next(ChildTask("child"))
        }
        #expect(try await bench.run("parent").result == 7)
    }

    @Test func `children take from their parent what neither they nor their handlers say`() async throws {
        let bench = try await TaskBench()
        bench.engine.use("child") { (task: Raw, _) in
            .success([.int(task.timeout?.components.seconds ?? 0), .int(Int64(task.priority))])
        }
        bench.engine.use("parent", options: .init(priority: 3, timeout: .seconds(11))) { (task: Raw, next) in
            if task.stage == 0 {
                return next([
                    ChildTask("child"),
                    ChildTask("child", options: TaskOptions(priority: 9, timeout: .seconds(2))),
                ])
            }
            return .success(.array(task.children.map { $0.result ?? .null }))
        }
        #expect(try await bench.run("parent").result == [[11, 3], [2, 9]])
    }

    @Test func `a child without a handler fails its parent`() async throws {
        let bench = try await TaskBench()
        bench.engine.use("parent", options: .init(maxRetries: 1)) { (_: Raw, next) in next(ChildTask("nobody")) }
        let parent = try await bench.run("parent")
        #expect(parent.status == .permanentlyFailed)
        #expect(parent.error?.message == "No handler registered for child task: nobody")
    }

    @Test func `no children are an empty round`() async throws {
        let bench = try await TaskBench()
        bench.engine.use("parent") { (task: Raw, next) in
            task.stage == 0 ? next([]) : .success(.int(Int64(task.children.count)))
        }
        #expect(try await bench.run("parent").result == 0)
    }

    @Test func `large results of children come whole`() async throws {
        let bench = try await TaskBench()
        let large = JSONValue.string(String(repeating: "x", count: 40_000))
        bench.engine.use("child") { (_: Raw, _) in .success(large) }
        bench.engine.use("parent") { (task: Raw, next) in
            if task.stage == 0 { return next([ChildTask("child"), ChildTask("child")]) }
            return .success(.array(task.children.map { .int(Int64($0.result?.string?.count ?? 0)) }))
        }
        #expect(try await bench.run("parent").result == [40_000, 40_000])
    }

    @Test func `what a stage records is its own`() async throws {
        let bench = try await TaskBench()
        bench.engine.use("parent", options: .init(maxRetries: 2)) { [ledger = bench.ledger] (task: Raw, next) in
            let stage = task.stage
            _ = try await task.step.run("note") {
                ledger.note("stage \(stage)")
                return stage
            }
            if stage < 2 { return next([], context: [UInt8(stage)]) }
            return .success(.string("\(task.context ?? [])"))
        }
        #expect(try await bench.run("parent").result == "[1]")
        #expect(bench.ledger.all == ["stage 0", "stage 1", "stage 2"])
    }

    // MARK: - Suspension

    @Test func `F28 F29 F31 a suspended task waits for whoever resumes it, however long that takes`() async throws {
        let bench = try await TaskBench()
        bench.engine.use("ask", options: .init(timeout: .seconds(1), heartbeatTimeout: .seconds(1))) {
            [ledger = bench.ledger] (task: Raw, _) in
            ledger.note("stage \(task.stage)")
            if task.stage == 0 { return .suspend(reason: "waits for a person", context: [1, 2]) }
            return .success(.string("\(task.context ?? [])"))
        }
        let task = try await bench.run("ask")
        #expect(task.status == .suspended && task.suspendReason == "waits for a person")
        try await bench.advance(by: .seconds(30 * 86_400))
        #expect(try await bench.record(task).status == .suspended && bench.ledger.all == ["stage 0"])
        try await bench.engine.resumeTask(task.id, reason: "approved")
        try await bench.settle()
        let end = try await bench.record(task)
        #expect(end.status == .completed && end.result == "[1, 2]" && end.stage == 1)
        let resumed = try #require(
            try await bench.engine.events(of: task.id).first { $0.type == "execution.resumed" })
        #expect(resumed.metadata["data"]?["resumeReason"] == "approved")
    }

    @Test func `F32 a suspension without a reason is a failure`() async throws {
        let bench = try await TaskBench()
        bench.engine.use("ask", options: .init(maxRetries: 1)) { (_: Raw, _) in .suspend(reason: "  ") }
        let task = try await bench.run("ask")
        #expect(task.status == .permanentlyFailed)
        #expect(task.error?.message == "Suspension requires a non-empty reason")
    }

    @Test func `a suspension does not give a task its attempts back`() async throws {
        let bench = try await TaskBench()
        bench.engine.use("ask", options: .init(maxRetries: 2)) { [ledger = bench.ledger] (task: Raw, _) in
            ledger.note("\(task.stage)")
            if task.stage == 0 { return .suspend(reason: "ask") }
            throw StepFailure("BAD")
        }
        let task = try await bench.run("ask")
        for _ in 0..<2 {
            try await bench.engine.resumeTask(task.id)
            try await bench.settle()
        }
        #expect(try await bench.record(task).status == .permanentlyFailed && bench.ledger.all == ["0", "1", "0", "1"])
    }

    @Test func `a parent that waits for its children is not resumed by hand`() async throws {
        let bench = try await TaskBench()
        bench.engine.use("child") { (_: Raw, _) in .suspend(reason: "ask") }
        bench.engine.use("parent") { (task: Raw, next) in
            task.stage == 0 ? next(ChildTask("child")) : .success(.null)
        }
        let parent = try await bench.run("parent")
        #expect(parent.status == .suspended)
        let error = await #expect(throws: EngineError.self) { try await bench.engine.resumeTask(parent.id) }
        #expect(error?.code == .executionNotWaiting)
        let child = try #require(try await bench.children(of: parent).first)
        #expect(child.status == .suspended)
        #expect(try await bench.engine.cancelTask(parent.id, reason: "no more"))
        #expect(try await bench.record(child).status == .permanentlyFailed)
        #expect(try await bench.record(parent).execution.cancellation?.reason == "no more")
        #expect(try await bench.engine.cancelTask(parent.id) == false)
    }

    @Test func `F27 a paused task that is resumed runs with the newest handler`() async throws {
        let bench = try await TaskBench()
        let engine = bench.engine
        engine.use("job") { (_: Raw, _) in .success("old") }
        let id = try await engine.async("job").execution.id
        try await engine.pauseTask(id)
        try await bench.settle()
        #expect(try await engine.taskRecord(id).status == .paused)
        engine.use("job") { (_: Raw, _) in .success("new") }
        try await engine.resumeTask(id)
        try await bench.settle()
        #expect(try await engine.taskRecord(id).result == "new")
    }
}
