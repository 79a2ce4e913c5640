import Skein
import SkeinCore
import SkeinTesting
import Testing

@Suite(.everyStore, .timeLimit(.minutes(3)))
struct ChildrenTests {
    static let child: JSONValue = [
        "id": "child", "version": "1.0.0", "initialStepId": "double",
        "steps": ["double": ["type": "double", "input": ["type": "key", "key": "item"], "outputKey": "twice"]],
    ]

    static func parent(_ step: JSONObject = [:]) -> JSONValue {
        var definition: JSONObject = ["type": "spawn", "outputKey": "out", "transitions": ["onSuccess": "after"]]
        definition.merge(step)
        return [
            "id": "parent", "version": "1.0.0", "initialStepId": "spawn",
            "steps": [
                "spawn": .object(definition), "after": ["type": "echo", "input": ["type": "key", "key": "out"]],
            ],
        ]
    }

    /// `spawn` starts one child for each number of the context's `items`.
    static func register(_ engine: Engine, _ change: @escaping @Sendable (inout ChildrenRequest) -> Void = { _ in })
        async throws
    {
        engine.handle("echo") { input, _ in .success(input) }
        engine.handle("double") { input, _ in
            guard let number = input.int64 else { return .failure("NOT_A_NUMBER", "\(input)", isRetryable: false) }
            return .success(.int(number * 2))
        }
        engine.handle("spawn") { _, step in
            let items = step.context["items"]?.array ?? []
            var request = ChildrenRequest("child", contexts: items.map { ["item": $0] })
            request.isMap = true
            change(&request)
            return .children(request)
        }
        try await engine.register(child)
        try await engine.register(parent())
    }

    @Test func `a parent waits for its children and gets their results in order`() async throws {
        let bench = try await Bench()
        try await Self.register(bench.engine)
        let id = try await bench.engine.create("parent", context: ["items": [1, 2, 3]]).execution.id
        let waiting = try await bench.engine.step(id)
        #expect(waiting.status == .waiting && waiting.wait?.kind == .children && waiting.workerID == nil)
        let end = try await bench.engine.run(id)
        #expect(end.status == .completed && end.result == [2, 4, 6])
        let children = try await bench.store.children(of: id, round: nil, from: 0, limit: 10)
        #expect(children.count == 3)
        let one = try await bench.engine.execution(try #require(children.first))
        #expect(one.creation.parentID == id && one.creation.rootID == id && one.creation.depth == 1)
        let types = try await bench.types(id)
        #expect(types.filter { $0 == "execution.children_created" }.count == 1)
    }

    @Test func `a step whose children fail is tried again as often as its policy says`() async throws {
        let bench = try await Bench()
        try await Self.register(bench.engine)
        var flow = Self.parent(["retry": ["maxAttempts": 2]]).object ?? [:]
        flow["version"] = "1.0.1"
        try await bench.engine.register(.object(flow))
        let (id, end) = try await bench.start("parent", ["items": ["x"]])
        #expect(end.status == .failed && end.error?.code == "CHILD_FAILED")
        let types = try await bench.types(id)
        #expect(types.filter { $0 == "execution.children_created" }.count == 3)
        #expect(types.filter { $0 == "step.retry_scheduled" }.count == 2)
    }

    @Test(arguments: [true, false])
    func `children are looked after again when nobody knows whether they were stored`(isWritten: Bool) async throws {
        let clock = VirtualClock()
        let store = try await TestStore.new(clock: clock)
        // The parent's first row, the one that asks for children, the children.
        let faulty = FaultyStore(store, faults: [3: .unknown(isWritten: isWritten)])
        let engine = Engine(store: faulty, clock: clock)
        try await Self.register(engine)
        let id = try await engine.create("parent", context: ["items": [1, 2]]).execution.id
        for _ in 0..<4 {
            while try await engine.driveDue(limit: 10).claimed > 0 {}
            clock.advance(by: .seconds(1))
        }
        let end = try await engine.execution(id)
        #expect(end.status == .completed && end.result == [2, 4])
    }

    @Test(arguments: 1...6)
    func `children are started although their owner died and another branch was skipped`(point: Int) async throws {
        let clock = VirtualClock()
        let store = try await TestStore.new(clock: clock)
        let mortal = Engine(store: FaultyStore(store, faults: [point: .crashBefore]), clock: clock)
        let other = Engine(store: store, clock: clock)
        for engine in [mortal, other] {
            try await Self.register(engine)
            engine.handle("nap") { _, step in .wait(WaitRequest(until: .time(step.now + .seconds(30)))) }
        }
        try await other.register([
            "id": "branches", "version": "1.0.0", "initialStepId": "fork",
            "steps": [
                "fork": ["type": "echo", "transitions": ["onSuccess": ["spawn", "nap"]]],
                "spawn": ["type": "spawn", "outputKey": "out"], "nap": ["type": "nap"],
            ],
        ])
        let id = try await other.create("branches", context: ["items": [1]]).execution.id
        while let claimed = try? await mortal.driveDue(limit: 10).claimed, claimed > 0 {}
        _ = try? await other.skip(id, step: "nap")
        for _ in 0..<6 {
            while try await other.driveDue(limit: 10).claimed > 0 {}
            clock.advance(by: .seconds(11))
        }
        let end = try await other.execution(id)
        #expect(end.status == .completed && end.context["out"] == [2])
    }

    @Test func `a child that fails fails the step, or is a result where failures are collected`() async throws {
        let bench = try await Bench()
        try await Self.register(bench.engine)
        let (_, end) = try await bench.start("parent", ["items": [1, "x"]])
        #expect(end.status == .failed && end.error?.code == "CHILD_FAILED" && end.error?.stepID == "spawn")
        #expect(end.error?.details?["error"]?["code"] == "NOT_A_NUMBER")

        let other = try await Bench()
        try await Self.register(other.engine) { $0.collects = true }
        let (_, collected) = try await other.start("parent", ["items": [1, "x"]])
        #expect(collected.status == .completed && collected.result?[0] == 2)
        #expect(collected.result?[1]?["error"]?["code"] == "NOT_A_NUMBER")
    }

    @Test func `children that nobody waits for are started once, and the parent goes on`() async throws {
        let bench = try await Bench()
        try await Self.register(bench.engine) { $0.awaits = false }
        let (id, end) = try await bench.start("parent", ["items": [1, 2]])
        #expect(end.status == .completed && end.result?.array?.count == 2)
        let children = try await bench.store.children(of: id, round: nil, from: 0, limit: 10)
        #expect(Set(children.map(\.description)) == Set((end.result?.array ?? []).compactMap(\.string)))
        #expect(try await bench.engine.run(children[0]).status == .completed)
    }

    @Test func `a cancel takes the children along`() async throws {
        let bench = try await Bench()
        try await Self.register(bench.engine)
        let id = try await bench.engine.create("parent", context: ["items": [1, 2]]).execution.id
        _ = try await bench.engine.step(id)
        _ = try await bench.engine.cancel(id)
        for child in try await bench.store.children(of: id, round: nil, from: 0, limit: 10) {
            let execution = try await bench.engine.execution(child)
            #expect(execution.status == .cancelled && execution.cancellation?.source == .parent)
        }
        #expect(try await bench.store.cascades(limit: 10) == [])
    }

    @Test func `an execution that is out of time takes its children along`() async throws {
        let bench = try await Bench()
        try await Self.register(bench.engine)
        bench.engine.handle("double") { _, _ in .wait(WaitRequest(until: .resume)) }
        var options = CreateOptions()
        options.executionTimeout = .seconds(60)
        let id = try await bench.engine.create("parent", context: ["items": [1, 2]], options: options).execution.id
        _ = try await bench.engine.step(id)
        bench.clock.advance(by: .seconds(61))
        #expect(try await bench.engine.step(id).status == .cancelled)
        #expect(try await bench.store.cascades(limit: 10) == [id])
        try await ServiceTests.running([bench.engine]) {
            for child in try await bench.store.children(of: id, round: nil, from: 0, limit: 10) {
                #expect(try await bench.engine.wait(for: child).cancellation?.source == .parent)
            }
        }
    }

    @Test func `a flow that is not there fails the step, and depth has a bound`() async throws {
        let bench = try await Bench()
        try await Self.register(bench.engine) { $0.flowID = "nowhere" }
        let (_, end) = try await bench.start("parent", ["items": [1]])
        #expect(end.error?.code == "FLOW_NOT_FOUND")

        let deep = try await Bench()
        try await Self.register(deep.engine) { request in
            request.flowID = "parent"
            request.contexts = [["items": [1]]]
        }
        let (_, bottom) = try await deep.start("parent", ["items": [1]])
        #expect(bottom.error?.code == "CHILD_FAILED")
    }

    @Test func `a thousand children that end at once on two engines are counted exactly`() async throws {
        let store = try await TestStore.new()
        let coordination = Coordination.inProcess()
        let engines = [
            Engine(store: store, coordination: coordination), Engine(store: store, coordination: coordination),
        ]
        for engine in engines { try await Self.register(engine) { $0.concurrency = 300 } }
        try await ServiceTests.running(engines) {
            let items = (0..<1_000).map { JSONValue.int(Int64($0)) }
            let id = try await engines[0].create("parent", context: ["items": .array(items)]).execution.id
            let end = try await engines[1].wait(for: id)
            #expect(end.status == .completed && end.result == .array((0..<1_000).map { .int(Int64($0 * 2)) }))
        }
    }
}
