import Skein
import SkeinCore
import Testing

/// Workflows as Flowweaver's documentation has them: tasks, what they depend on, named inputs and outputs.
@Suite(.everyStore, .timeLimit(.minutes(3)))
struct FlowweaverTests {
    /// Fetches, does two things at once with what came, and puts both together.
    static let report: JSONValue = [
        "id": "report",
        "tasks": [
            ["id": "fetch", "name": "Fetch the numbers", "handler": "fetch", "outputs": ["numbers": "$.result"]],
            [
                "id": "sum", "handler": "sum", "dependencies": ["fetch"], "inputs": ["values": "$.numbers"],
                "outputs": ["total": "$.result"],
            ],
            [
                "id": "count", "handler": "count", "dependencies": ["fetch"], "inputs": ["values": "$.numbers"],
                "outputs": ["size": "$.size"],
            ],
            [
                "id": "format", "handler": "format", "dependencies": ["sum", "count"],
                "inputs": ["title": "$.title", "total": "$.total", "size": "$.size"], "outputs": ["text": "$.text"],
            ],
        ],
    ]

    static func bench(_ flow: JSONValue = report) async throws -> Bench {
        let bench = try await Bench()
        handle(bench.engine, bench.ledger)
        try await bench.engine.register(flow)
        return bench
    }

    static func handle(_ engine: Engine, _ ledger: Ledger) {
        engine.handle("fetch") { _, step in
            ledger.note("\(step.executionID) \(step.stepID)")
            return .success([1, 2, 3, 4])
        }
        engine.handle("sum") { input, step in
            ledger.note("\(step.executionID) \(step.stepID)")
            return .success(.int(input["values"]?.array?.compactMap(\.int64).reduce(0, +) ?? -1))
        }
        engine.handle("count") { input, step in
            ledger.note("\(step.executionID) \(step.stepID)")
            return .success(["size": .int(Int64(input["values"]?.array?.count ?? -1)), "unused": true])
        }
        engine.handle("format") { input, step in
            ledger.note("\(step.executionID) \(step.stepID)")
            let text =
                "\(input["title"]?.string ?? "?"): \(input["total"]?.int64 ?? -1) of \(input["size"]?.int64 ?? -1)"
            return .success(["text": .string(text)])
        }
    }

    @Test func `W06 outputs of tasks are the inputs of those that depend on them`() async throws {
        let bench = try await Self.bench()
        let (id, end) = try await bench.start("report", ["title": "Sales"])
        #expect(end.status == .completed, "\(String(describing: end.error))")
        #expect(
            end.context == [
                "title": "Sales", "numbers": [1, 2, 3, 4], "total": 10, "size": 4, "text": "Sales: 10 of 4",
            ])
        let steps = try await bench.engine.steps(of: id)
        #expect(steps.count == 4 && steps.allSatisfy { $0.status == "completed" && $0.attempt == 1 })
        #expect(steps.first?.stepID == "fetch" && steps.last?.stepID == "format")
    }

    @Test func `W06 a path that selects nothing gives null, and a task without inputs gets the whole context`()
        async throws
    {
        let bench = try await Self.bench([
            "id": "paths",
            "tasks": [
                ["id": "a", "handler": "see", "outputs": ["missing": "$.nothing", "all": "$.result"]],
                ["id": "b", "handler": "see", "dependencies": ["a"]],
                ["id": "c", "handler": "see", "dependencies": ["b"], "inputs": ["gone": "$.not.there", "x": "$.x"]],
            ],
        ])
        bench.engine.handle("see") { input, _ in .success(input) }
        let (id, end) = try await bench.start("paths", ["x": 1])
        #expect(end.status == .completed && end.context == ["x": 1, "missing": nil, "all": ["x": 1]])
        let steps = try await bench.engine.steps(of: id)
        #expect(steps[1].output == ["x": 1, "missing": nil, "all": ["x": 1]])
        #expect(steps[2].output == ["gone": nil, "x": 1])
    }

    @Test func `W01 the tasks of a hundred diamonds on two engines run once each, the last after both`() async throws {
        let engines = try await FlowMonkeyTests.RaceTests.cluster()
        let ledger = Ledger()
        for engine in engines { Self.handle(engine, ledger) }
        try await engines[0].register(Self.report)
        try await ServiceTests.running(engines) {
            let ids = try await withThrowingTaskGroup(of: ExecutionID.self) { group in
                for index in 0..<100 {
                    group.addTask {
                        try await engines[index % 2].create("report", context: ["title": .int(Int64(index))]).execution
                            .id
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for id in ids {
                let end = try await engines[0].wait(for: id)
                #expect(end.status == .completed && end.stepCount == 4 && end.context["total"] == 10)
            }
            let all = ledger.all
            for id in ids {
                let mine = all.filter { $0.hasPrefix("\(id) ") }.map { $0.dropFirst("\(id) ".count) }
                #expect(mine.count == 4 && mine.first == "fetch" && mine.last == "format")
                #expect(Set(mine.dropFirst().prefix(2)) == ["sum", "count"])
            }
        }
    }

    @Test func `W01 a task that waits for two that end on the same moment starts once`() async throws {
        let engines = try await FlowMonkeyTests.RaceTests.cluster()
        let ledger = Ledger()
        for engine in engines {
            engine.handle("pause") { _, step in .wait(WaitRequest(until: .signal("\(step.stepID)"))) }
            engine.handle("join") { _, step in
                ledger.note("\(step.executionID)")
                return .success(nil)
            }
        }
        try await engines[0].register([
            "id": "meet",
            "tasks": [
                ["id": "left", "handler": "pause"], ["id": "right", "handler": "pause"],
                ["id": "join", "handler": "join", "dependencies": ["left", "right"]],
            ],
        ])
        try await ServiceTests.running(engines) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<100 {
                    group.addTask {
                        let id = try await engines[index % 2].create("meet").execution.id
                        async let left: Void = engines[0].signal(id, "left", payload: "l")
                        async let right: Void = engines[1].signal(id, "right", payload: "r")
                        _ = try await (left, right)
                        let end = try await engines[0].wait(for: id)
                        #expect(end.status == .completed && ledger.count("\(id)") == 1)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `W03 the same idempotency key is the same run of a workflow`() async throws {
        let bench = try await Self.bench()
        let options = CreateOptions(idempotencyKey: "monday")
        let first = try await bench.engine.create("report", context: ["title": "a"], options: options)
        let end = try await bench.engine.run(first.execution.id)
        let again = try await bench.engine.create("report", context: ["title": "a"], options: options)
        #expect(first.created && !again.created && again.execution.id == end.id)
        #expect(again.execution.status == .completed && bench.ledger.all.count == 4)
    }

    @Test
    func `W04 a task is tried again after one, two and four seconds, then the run fails and nothing behind it starts`()
        async throws
    {
        let bench = try await Self.bench()
        let start = bench.clock.now
        bench.engine.handle("sum") { _, step in
            bench.ledger.note("sum \((step.now - start).wholeMilliseconds)")
            return .failure("DOWN", "no sum")
        }
        let id = try await bench.engine.create("report").execution.id
        let end = try await bench.engine.run(id, simulateTime: true)
        #expect(end.status == .failed && end.error == Failure("DOWN", "no sum", stepID: "sum"))
        #expect(bench.ledger.all.filter { $0.hasPrefix("sum") } == ["sum 0", "sum 1000", "sum 3000", "sum 7000"])
        let steps = try await bench.engine.steps(of: id)
        #expect(steps.first { $0.stepID == "count" }?.status == "completed")
        #expect(steps.first { $0.stepID == "format" }?.status == "pending" && end.context["text"] == nil)
    }

    @Test func `W04 a task that is tried again with success fails nothing`() async throws {
        let bench = try await Self.bench()
        bench.engine.handle("sum") { _, step in step.attempt < 4 ? .failure("DOWN") : .success(7) }
        let id = try await bench.engine.create("report", context: ["title": "t"]).execution.id
        let end = try await bench.engine.run(id, simulateTime: true)
        #expect(end.status == .completed && end.context["text"] == "t: 7 of 4")
        #expect(bench.ledger.all.count { $0.hasSuffix("format") } == 1)
    }
}
