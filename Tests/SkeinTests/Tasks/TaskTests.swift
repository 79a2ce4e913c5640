import Skein
import SkeinCore
import Testing

/// Tasks as fib-flow's users know them; F numbers are those of the list of cases.
@Suite(.everyStore, .timeLimit(.minutes(3)))
struct TaskTests {
    struct Import: Codable, Sendable { var file: String }

    @Test func `F01 a task that returns a value has completed with it`() async throws {
        let bench = try await TaskBench()
        bench.engine.task(TaskName<Import>("import")) { task, _ in .success(["read": .string(task.payload.file)]) }
        let id = try await bench.engine.async(TaskName<Import>("import"), Import(file: "a.csv")).execution.id
        try await bench.settle()
        let task = try await bench.engine.taskRecord(id)
        #expect(task.status == .completed && task.result == ["read": "a.csv"] && task.name == "import")
        #expect(task.execution.creation.flowID == "task:import" && task.retryCount == 0)
    }

    @Test(arguments: [false, 0, "", .null, [], [:]] as [JSONValue])
    func `results that are nothing much are results`(value: JSONValue) async throws {
        let bench = try await TaskBench()
        bench.engine.use("small") { (_: TaskContext<JSONValue>, _) in .success(value) }
        bench.engine.use("parent") { (task: TaskContext<JSONValue>, next) in
            if task.stage == 0 { return next([ChildTask("small"), ChildTask("small")]) }
            return .success(.array(task.children.map { $0.result ?? "lost" }))
        }
        let alone = try await bench.run("small")
        #expect(alone.status == .completed && alone.result == value)
        #expect(try await bench.run("parent").result == [value, value])
    }

    @Test func `F02 a task that fails twice completes with its third attempt`() async throws {
        let bench = try await TaskBench()
        bench.engine.use("flaky") { [ledger = bench.ledger] (task: TaskContext<JSONValue>, _) in
            ledger.note("run")
            guard task.retryCount == 2 else { throw StepFailure("FLAKY") }
            return .success("done")
        }
        let task = try await bench.run("flaky")
        #expect(task.status == .completed && task.retryCount == 2 && bench.ledger.all.count == 3)
    }

    @Test(arguments: [(0, 1), (1, 1), (2, 2), (5, 5)])
    func `F03 all attempts count, the first one too`(maxRetries: Int, runs: Int) async throws {
        let bench = try await TaskBench()
        bench.engine.use("bad", options: .init(maxRetries: maxRetries)) {
            [ledger = bench.ledger] (_: TaskContext<JSONValue>, _) in
            ledger.note("run")
            throw StepFailure("BAD", "it is bad")
        }
        let task = try await bench.run("bad")
        #expect(task.status == .permanentlyFailed && task.error?.code == "BAD" && task.error?.message == "it is bad")
        #expect(bench.ledger.all.count == runs && task.retryCount == runs - 1)
    }

    @Test func `a task over its handler over the engine`() async throws {
        let bench = try await TaskBench { $0.tasks.maxRetries = 5 }
        let fails: Engine.TaskBody<JSONValue> = { [ledger = bench.ledger] _, _ in
            ledger.note("run")
            throw StepFailure("BAD")
        }
        bench.engine.use("plain", fails)
        bench.engine.use("own", options: .init(maxRetries: 4), fails)
        _ = try await bench.run("plain")
        #expect(bench.ledger.take().count == 5)
        _ = try await bench.run("own")
        #expect(bench.ledger.take().count == 4)
        _ = try await bench.run("own", .null, TaskOptions(maxRetries: 2))
        #expect(bench.ledger.take().count == 2)
    }

    @Test func `a task that failed says so until it is tried again`() async throws {
        let bench = try await TaskBench()
        bench.engine.use("bad", options: .init(maxRetries: 2, retryInterval: .seconds(30))) {
            (_: TaskContext<JSONValue>, _) in throw StepFailure("BAD")
        }
        let failed = try await bench.run("bad")
        #expect(failed.status == .failed && failed.retryCount == 1)
        // Once, after the interval: it is not applied twice.
        try await bench.advance(by: .seconds(31))
        #expect(try await bench.record(failed).status == .permanentlyFailed)
    }

    @Test func `F04 a task that finds itself out of time is tried again, then failed for good`() async throws {
        let bench = try await TaskBench()
        bench.engine.use(
            "slow", options: .init(timeout: .seconds(1), maxRetries: 2, retryInterval: .seconds(5))
        ) { [clock = bench.bench.clock, ledger = bench.ledger] (task: TaskContext<JSONValue>, _) in
            ledger.note("run")
            task.timeout = .milliseconds(500)
            clock.advance(by: .milliseconds(600))
            try task.checkTimeout()
            return .success("late")
        }
        let task = try await bench.run("slow")
        #expect(task.status == .timeout)
        try await bench.advance(by: .seconds(5))
        let end = try await bench.record(task)
        #expect(end.status == .permanentlyFailed && end.error?.message == "Task execution timeout")
        #expect(bench.ledger.all.count == 2)
    }

    @Test func `F07 a higher priority comes first, then who was due first`() async throws {
        let bench = try await TaskBench()
        bench.engine.use("job") { [ledger = bench.ledger] (task: TaskContext<String>, _) in
            ledger.note(task.payload)
            return .success(.null)
        }
        for priority in [0, 10, 5] {
            try await bench.engine.async(
                "job", payload: .string("\(priority)"), options: TaskOptions(priority: priority))
        }
        try await bench.settle()
        #expect(bench.ledger.take() == ["10", "5", "0"])
        for (priority, delay) in [(1, 5), (2, 3), (1, 3)] {
            try await bench.engine.async(
                "job", payload: .string("p\(priority)d\(delay)"),
                options: TaskOptions(delay: .seconds(delay), priority: priority))
        }
        try await bench.settle()
        #expect(bench.ledger.all.isEmpty)
        try await bench.advance(by: .seconds(10))
        #expect(bench.ledger.take() == ["p2d3", "p1d3", "p1d5"])
    }

    @Test func `F12 an attempt keeps its handler, later ones take the newest`() async throws {
        let bench = try await TaskBench()
        let engine = bench.engine
        engine.use("job") { [weak engine] (_: TaskContext<JSONValue>, _) in
            engine?.use("job") { (_: TaskContext<JSONValue>, _) in .success("v2") }
            return .success("v1")
        }
        #expect(try await bench.run("job").result == "v1")
        #expect(try await bench.run("job").result == "v2")
    }

    @Test func `F13 a task that is not used any more ends, and no other starts`() async throws {
        let bench = try await TaskBench()
        let engine = bench.engine
        engine.use("job") { [weak engine] (_: TaskContext<JSONValue>, _) in
            .success(.int(Int64(engine?.unuse("job") ?? -1)))
        }
        #expect(try await bench.run("job").result == 1)
        #expect(engine.unuse("job") == 0)
        let error = await #expect(throws: EngineError.self) { try await engine.async("job") }
        #expect(error?.code == .handlerNotFound && error?.message == "No handler registered for task: job")
    }

    @Test func `F26 wrong options are refused with all that is wrong`() async throws {
        let bench = try await TaskBench()
        bench.engine.use("job") { (_: TaskContext<JSONValue>, _) in .success(.null) }
        let error = await #expect(throws: EngineError.self) {
            try await bench.engine.async(
                "job", options: TaskOptions(timeout: .zero, maxRetries: -1, retryInterval: .seconds(-1)))
        }
        #expect(error?.problems.map(\.pointer.description) == ["/timeoutMs", "/retryIntervalMs", "/maxRetries"])
    }

    @Test func `F47 what is wrong with an audit or a progress fails the attempt`() async throws {
        let bench = try await TaskBench()
        bench.engine.use("job", options: .init(maxRetries: 1)) { (task: TaskContext<Int>, _) in
            switch task.payload {
            case 0: try await task.audit("  read file ", "  the file was read ", metadata: ["rows": 3])
            case 1: try await task.audit("   ")
            case 2: try await task.progress(percent: 101)
            case 3: try await task.progress("half", stage: "reading", percent: 50, metadata: ["rows": 3])
            default: try await task.progress()
            }
            return .success(.null)
        }
        let noted = try await bench.run("job", 0)
        let event = try #require(try await bench.engine.events(of: noted.id).first { $0.type == "checkpoint" })
        #expect(event.message == "the file was read" && event.metadata["code"] == "read file")
        #expect(event.metadata["rows"] == 3 && event.stepID == "run" && event.attempt == 1)
        #expect(try await bench.run("job", 1).error?.code == "INVALID_AUDIT")
        #expect(try await bench.run("job", 2).error?.code == "INVALID_PROGRESS")
        let half = try await bench.run("job", 3)
        #expect(half.execution.progress?.percent == 50 && half.execution.progress?.metadata == ["rows": 3])
        #expect(try await bench.run("job", 4).error?.code == "INVALID_PROGRESS")
    }
}
