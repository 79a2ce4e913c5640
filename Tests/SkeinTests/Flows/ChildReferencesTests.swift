import Skein
import SkeinCore
import Testing

/// Results of children that are too large for their parent's log.
@Suite(.everyStore, .timeLimit(.minutes(3)))
struct ChildReferencesTests {
    private static let text = String(repeating: "x", count: 4_000)

    /// `spawn` starts so many children, each of which returns 4,000 characters and its number.
    private static func bench(_ count: Int, isMap: Bool = true, last: JSONValue) async throws -> Bench {
        let bench = try await Bench()
        bench.engine.handle("big") { input, _ in .success(["n": input["n"] ?? nil, "text": .string(text)]) }
        bench.engine.handle("spawn") { _, _ in
            var request = ChildrenRequest("big", contexts: (0..<count).map { ["n": .int(Int64($0))] })
            request.isMap = isMap
            request.yields = .result
            return .children(request)
        }
        bench.engine.handle("sum") { input, step in
            let values = input.array ?? [input]
            #expect(step.context["all"] == input)
            return .success(
                [
                    "sum": .int(values.reduce(0) { $0 + ($1["n"]?.int64 ?? 0) }),
                    "bytes": .int(Int64(values.reduce(0) { $0 + ($1["text"]?.string?.utf8.count ?? 0) })),
                ])
        }
        try await bench.engine.register(TestFlows.single("big", id: "big"))
        try await bench.engine.register([
            "id": "parent", "version": "1.0.0", "initialStepId": "spawn",
            "steps": [
                "spawn": ["type": "spawn", "outputKey": "all", "transitions": ["onSuccess": "sum"]], "sum": last,
            ],
        ])
        return bench
    }

    private static let sum: JSONValue = ["type": "sum", "input": ["type": "key", "key": "all"], "outputKey": "sum"]

    private static func longestRow(_ bench: Bench, _ id: ExecutionID) async throws -> Int {
        try await bench.store.rows(of: id, from: 1, limit: 1_000).map(\.body.count).max() ?? 0
    }

    @Test func `a large list stays with the children, and steps get it whole`() async throws {
        let bench = try await Self.bench(40, last: Self.sum)
        let end = try await bench.engine.run(try await bench.engine.create("parent").execution.id)
        #expect(end.status == .completed)
        #expect(end.context["sum"] == ["sum": 780, "bytes": 160_000])
        #expect(end.context["all"]?["count"] == 40 && end.context["all"]?["list"] == true)
        #expect(try await Self.longestRow(bench, end.id) < 8_000)
    }

    @Test func `what is small is there itself`() async throws {
        let bench = try await Self.bench(10, last: Self.sum)
        let end = try await bench.engine.run(try await bench.engine.create("parent").execution.id)
        #expect(end.context["all"]?.array?.count == 10)
    }

    @Test func `conditions, selectors and another execution made from it see it, too`() async throws {
        let bench = try await Self.bench(
            20,
            last: [
                "type": "echo", "input": ["type": "path", "path": "all.3.n"], "outputKey": "third",
                "when": ["path": "all.19.n", "op": "eq", "value": 19],
            ])
        let end = try await bench.engine.run(try await bench.engine.create("parent").execution.id)
        #expect(end.context["third"] == 3)
        let fork = try await bench.engine.fork(end.id, at: "sum")
        #expect(fork.context["all"]?.array?.count == 20)
        #expect(try await bench.engine.run(fork.id).context["third"] == 3)
    }

    @Test func `a parent's parent gets it whole`() async throws {
        let bench = try await Self.bench(20, last: Self.sum)
        bench.engine.handle("up") { _, _ in .children(ChildrenRequest("parent", contexts: [[:]])) }
        bench.engine.handle("count") { input, _ in
            .success(.int(Int64(input["context"]?["all"]?.array?.count ?? -1)))
        }
        try await bench.engine.register([
            "id": "top", "version": "1.0.0", "initialStepId": "up",
            "steps": [
                "up": ["type": "up", "outputKey": "down", "transitions": ["onSuccess": "count"]],
                "count": ["type": "count", "input": ["type": "key", "key": "down"], "outputKey": "count"],
            ],
        ])
        let end = try await bench.engine.run(try await bench.engine.create("top").execution.id)
        #expect(end.context["count"] == 20 && end.context["down"]?["$children"] != nil)
    }

    @Test func `code gets a large result of its child in every entry`() async throws {
        let bench = try await Self.bench(1, last: Self.sum)
        bench.engine.handle("huge") { _, _ in .success(.string(String(repeating: "y", count: 100_000))) }
        bench.engine.handle("code") { _, step in
            let child = try await step.spawn("one", flow: "huge", context: [:])
            let text = try await step.result(of: child)
            try await step.sleep(for: .seconds(1))
            return .success(.int(Int64(text.string?.utf8.count ?? -1)))
        }
        try await bench.engine.register(TestFlows.single("huge", id: "huge"))
        try await bench.engine.register(TestFlows.single("code", id: "code"))
        let id = try await bench.engine.create("code").execution.id
        let end = try await bench.engine.run(id, simulateTime: true)
        #expect(end.result == 100_000)
        #expect(try await Self.longestRow(bench, id) < 8_000)
    }

    @Test func `nobody reads what is not his by writing a reference`() async throws {
        let bench = try await Self.bench(20, last: Self.sum)
        let id = try await bench.engine.create("parent").execution.id
        let stolen = try #require(try await bench.engine.run(id).context["all"])
        bench.engine.handle("look") { input, _ in .success(input) }
        try await bench.engine.register(TestFlows.single("look", id: "thief"))
        let end = try await bench.run(
            TestFlows.single("look", id: "other", step: ["input": ["type": "key", "key": "mine"]]),
            context: ["mine": stolen])
        #expect(end.result == stolen)
    }
}
