import Skein
import SkeinCore
import Testing

extension FlowMonkeyTests {
    /// Where FlowMonkey lost: many at once, on engines that run.
    @Suite(.timeLimit(.minutes(3)))
    struct RaceTests {
        /// Engines over one store, as instances of one cluster.
        static func cluster(_ count: Int = 2, _ configure: (inout EngineConfiguration) -> Void = { _ in })
            async throws -> [Engine]
        {
            let store = try await TestStore.new()
            let coordination = Coordination.inProcess()
            var configuration = EngineConfiguration()
            configure(&configuration)
            return (0..<count).map { _ in
                let engine = Engine(store: store, coordination: coordination, configuration: configuration)
                engine.handle("echo") { input, _ in .success(input) }
                return engine
            }
        }

        @Test func `M13 fifty creations with one key on two engines make one execution that runs once`() async throws {
            let engines = try await Self.cluster()
            let ledger = Ledger()
            for engine in engines {
                engine.handle("note") { _, step in
                    ledger.note("\(step.executionID)")
                    return .success(nil)
                }
            }
            try await engines[0].register(TestFlows.single("note"))
            try await ServiceTests.running(engines) {
                let results = try await withThrowingTaskGroup(of: CreateResult.self) { group in
                    for index in 0..<50 {
                        group.addTask {
                            try await engines[index % 2].create(
                                "single", context: ["caller": .int(Int64(index))],
                                options: CreateOptions(idempotencyKey: "k", onMismatch: .returnExisting))
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                let made = try #require(results.first { $0.created })
                #expect(results.count { $0.created } == 1)
                #expect(Set(results.map(\.execution.id)) == [made.execution.id])
                #expect(Set(results.map { $0.execution.context["caller"] }) == [made.execution.context["caller"]])
                #expect(try await engines[1].wait(for: made.execution.id).status == .completed)
                #expect(ledger.all == ["\(made.execution.id)"])
            }
        }

        @Test func `M16 a cancel that meets the end wins or loses, and says which`() async throws {
            let engines = try await Self.cluster()
            for engine in engines {
                engine.handle("yield") { _, step in
                    for _ in 0..<Int.random(in: 0..<20) { await Task.yield() }
                    return .success(.string(step.stepID.rawValue))
                }
            }
            try await engines[0].register(TestFlows.chain("yield", count: 3))
            try await ServiceTests.running(engines) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<300 {
                        group.addTask {
                            let id = try await engines[index % 2].create("chain").execution.id
                            for _ in 0..<Int.random(in: 0..<60) { await Task.yield() }
                            let result = try await engines[(index / 2) % 2].cancel(id, reason: "race")
                            let end = try await engines[0].wait(for: id)
                            #expect(end.status == (result.cancelled ? .cancelled : .completed))
                            let events = try await engines[0].events(of: id)
                            #expect(events.count { $0.isTerminal } == 1 && events.last?.isTerminal == true)
                            #expect(events.map(\.seq) == Array(1...Int64(events.count)))
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }

        @Test func `M16 a cancel that rolls back meets the end, and ends it never twice`() async throws {
            let engines = try await Self.cluster()
            for engine in engines {
                engine.handle("yield") { _, _ in
                    for _ in 0..<Int.random(in: 0..<10) { await Task.yield() }
                    return .success(nil)
                }
            }
            try await engines[0].register(
                FlowMonkeyTests.flow(
                    [
                        "a": [
                            "type": "yield", "compensate": ["type": "yield"], "transitions": ["onSuccess": "b"],
                        ], "b": ["type": "yield"],
                    ], id: "undone", ["onCancel": "rollback"]))
            try await ServiceTests.running(engines) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<300 {
                        group.addTask {
                            let id = try await engines[index % 2].create("undone").execution.id
                            for _ in 0..<Int.random(in: 0..<60) { await Task.yield() }
                            let result = try await engines[(index / 2) % 2].cancel(id)
                            let end = try await engines[0].wait(for: id)
                            let ends: [ExecutionStatus] = result.cancelled ? [.rolledBack, .cancelled] : [.completed]
                            #expect(ends.contains(end.status))
                            let events = try await engines[0].events(of: id)
                            #expect(events.count { $0.isTerminal } == 1 && events.last?.isTerminal == true)
                            let undone = events.contains { $0.type == "step.compensated" }
                            let done = events.contains { $0.type == "step.completed" && $0.stepID == "a" }
                            #expect(!result.cancelled || undone == done)
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }

        @Test func `M16 what a handler returns after its execution was cancelled by another engine is dropped`()
            async throws
        {
            let engines = try await Self.cluster()
            let gate = ServiceTests.Gate()
            for engine in engines {
                engine.handle("slow") { _, _ in
                    await gate.pass()
                    return .success("late")
                }
            }
            try await engines[0].register(TestFlows.chain("slow", count: 2))
            try await ServiceTests.running(engines) {
                let id = try await engines[0].create("chain").execution.id
                await gate.arrivals(1)
                let owner = try await engines[0].execution(id).workerID
                let other = try #require(engines.first { $0.workerID != owner })
                #expect(try await other.cancel(id).previousStatus == .running)
                gate.open()
                let end = try await other.wait(for: id)
                #expect(end.status == .cancelled && end.context.isEmpty && end.stepCount == 0)
            }
            #expect(engines.map(\.executionsInProgress) == [0, 0])
            #expect(try await engines[0].executions().map(\.status) == [.cancelled])
        }

        /// `a` starts an execution of the flow one level below, the lowest one gives its level.
        static func nested(_ engines: [Engine]) async throws {
            for engine in engines {
                engine.handle("down") { _, step in
                    let level = step.context["level"]?.int64 ?? 0
                    guard level > 0 else { return .success("bottom") }
                    return .children(ChildrenRequest("nested", contexts: [["level": .int(level - 1)]]))
                }
            }
            try await engines[0].register(
                FlowMonkeyTests.flow(["a": ["type": "down", "outputKey": "below"]], id: "nested"))
        }

        @Test func `M21 a parent occupies no room while it waits, however little there is`() async throws {
            let engines = try await Self.cluster(1) { $0.concurrency = 1 }
            try await Self.nested(engines)
            try await ServiceTests.running(engines) {
                let id = try await engines[0].create("nested", context: ["level": 5]).execution.id
                var end = try await engines[0].wait(for: id)
                for _ in 0..<5 {
                    #expect(end.status == .completed && end.context["below"]?["status"] == "completed")
                    let child = try #require(
                        end.context["below"]?["childExecutionId"]?.string.flatMap { ExecutionID($0) })
                    let execution = try await engines[0].execution(child)
                    #expect(execution.creation.parentID == end.id && execution.creation.rootID == id)
                    #expect(end.context["below"]?["context"] == .object(execution.context))
                    end = execution
                }
                #expect(end.context["below"] == "bottom" && end.creation.depth == 5)
            }
        }

        @Test func `M04 an engine that starts later goes on with what waits in its last step`() async throws {
            let store = try await TestStore.new()
            let (first, second) = (Engine(store: store), Engine(store: store))
            for engine in [first, second] {
                engine.handle("pause") { _, _ in .wait(WaitRequest(until: .signal("go"))) }
            }
            try await first.register(TestFlows.single("pause"))
            let id = try await first.create("single").execution.id
            #expect(try await first.run(id).status == .waiting)
            try await first.signal(id, "go", payload: "yes")
            try await ServiceTests.running([second]) {
                let end = try await second.wait(for: id)
                #expect(end.status == .completed && end.context["out"] == "yes")
            }
        }

        @Test func `M21 a parent that waits survives the end of its engine, and has one child`() async throws {
            let engines = try await Self.cluster {
                $0.grace = .zero
                $0.sweep = .milliseconds(100)
            }
            let gate = ServiceTests.Gate()
            for engine in engines {
                engine.handle("work") { _, _ in
                    await gate.pass()
                    return .success("done")
                }
                engine.handle("spawn") { _, _ in .children(ChildrenRequest("child", contexts: [[:]])) }
            }
            try await engines[0].register(TestFlows.single("work", id: "child"))
            try await engines[0].register(TestFlows.single("spawn", id: "parent"))
            let id = try await ServiceTests.running([engines[0]]) {
                let id = try await engines[0].create("parent").execution.id
                await gate.arrivals(1)
                return id
            }
            gate.open()
            try await ServiceTests.running([engines[1]]) {
                let end = try await engines[1].wait(for: id)
                #expect(end.status == .completed && end.context["out"]?["context"] == ["out": "done"])
            }
            #expect(try await engines[1].store.children(of: id, round: nil, from: 0, limit: 10).count == 1)
            #expect(try await engines[1].events(of: id).count { $0.type == "execution.children_created" } == 1)
        }

        @Test func `M21 a child that nobody waits for has its parent's link and outlives it`() async throws {
            let bench = try await Bench()
            bench.engine.handle("spawn") { _, _ in
                var request = ChildrenRequest("child", contexts: [["n": 1]])
                request.awaits = false
                request.metadata = ["why": "test"]
                return .children(request)
            }
            try await bench.engine.register(TestFlows.single("echo", id: "child"))
            let end = try await bench.run(TestFlows.single("spawn", id: "parent"))
            #expect(end.status == .completed && end.context["out"]?["mode"] == "fire-and-forget")
            let id = try #require(end.context["out"]?["childExecutionId"]?.string.flatMap { ExecutionID($0) })
            let child = try await bench.engine.execution(id)
            #expect(child.status == .pending && child.creation.parentID == end.id)
            #expect(child.creation.metadata == ["why": "test"])
            #expect(try await bench.engine.run(id).status == .completed)
        }
    }
}
