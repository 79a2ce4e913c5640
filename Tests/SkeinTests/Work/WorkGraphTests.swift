import Skein
import SkeinCore
import Testing

/// Branches, conditions and rollbacks whose steps workers outside run.
@Suite(.everyStore, .timeLimit(.minutes(2)))
struct WorkGraphTests {
    /// Three branches that meet: two remote ones and a local one.
    private static let fork: JSONValue = [
        "id": "fork", "version": "1.0.0", "initialStepId": "begin",
        "steps": [
            "begin": ["type": "echo", "transitions": ["onSuccess": ["a", "b", "c"]]],
            "a": ["type": "charge", "outputKey": "a", "transitions": ["onSuccess": "a2"]],
            "a2": ["type": "echo", "outputKey": "a2", "transitions": ["onSuccess": "meet"]],
            "b": ["type": "charge", "outputKey": "b", "transitions": ["onSuccess": "meet"]],
            "c": ["type": "echo", "outputKey": "c", "transitions": ["onSuccess": "meet"]],
            "meet": ["type": "echo", "join": ["a2", "b", "c"], "transitions": ["onSuccess": nil]],
        ],
    ]

    @Test func `branches are given away together, and each tells its end by its own token`() async throws {
        let bench = try await WorkBench()
        let id = try await bench.start(Self.fork)
        let batch = try await bench.claim(limit: 5)
        #expect(batch.items.map(\.handle.stepID).sorted() == ["a", "b"])
        #expect(Set(batch.items.map(\.handle.fencingToken)).count == 2)
        #expect(bench.ledger.all.contains("c"), "what instances can do comes first")
        let (a, b) = (try item("a", batch), try item("b", batch))
        let answer = try await bench.engine.work.complete(a.handle, output: "A")
        #expect(answer.execution.context["a"] == "A")
        try await bench.hand()
        #expect(try await bench.engine.execution(id).status == .running, "the other one is out still")
        #expect(try await bench.engine.work.heartbeat([WorkBeat(b.handle)])[0].isCancelled == false)
        _ = try await bench.other.work.complete(b.handle, output: "B")
        #expect(try await bench.engine.work.complete(a.handle, output: "A").isRepeat)
        try await bench.settle()
        let done = try await bench.engine.execution(id)
        #expect(done.status == .completed && done.context["b"] == "B" && done.context["a2"] != nil)
        #expect(bench.ledger.count("meet") == 1)
    }

    @Test func `one branch at a time when the worker takes no more`() async throws {
        let bench = try await WorkBench()
        let id = try await bench.start(Self.fork)
        for _ in 1...2 {
            let item = try await bench.item()
            _ = try await bench.engine.work.complete(item.handle, output: "x")
        }
        try await bench.settle()
        #expect(try await bench.engine.execution(id).status == .completed)
    }

    @Test func `of branches whose worker died all are run again, and what was told stays`() async throws {
        let bench = try await WorkBench()
        let id = try await bench.start(Self.fork)
        let batch = try await bench.claim(limit: 5)
        _ = try await bench.engine.work.complete(try item("b", batch).handle, output: "B")
        bench.clock.advance(by: WorkBench.lease + .seconds(1))
        let second = try await bench.claim(limit: 5)
        #expect(second.items.map(\.handle.stepID) == ["a"] && second.items[0].attempt == 2)
        #expect(await refusal { try await bench.engine.work.complete(try item("a", batch).handle) } == .fenced)
        #expect(try await bench.engine.work.complete(try item("b", batch).handle, output: "B").isRepeat)
        _ = try await bench.engine.work.complete(second.items[0].handle, output: "A")
        try await bench.settle()
        let done = try await bench.engine.execution(id)
        #expect(done.status == .completed && done.context["b"] == "B" && done.context["a"] == "A")
    }

    @Test func `a branch that fails ends the others as the flow says`() async throws {
        let bench = try await WorkBench()
        var flow = try #require(Self.fork.object)
        flow["onBranchFailure"] = "cancel"
        let id = try await bench.start(.object(flow))
        let batch = try await bench.claim(limit: 5)
        let answer = try await bench.engine.work.fail(try item("a", batch).handle, StepFailure("BROKEN"))
        #expect(answer.execution.status == .failed)
        #expect(try await bench.engine.work.heartbeat([WorkBeat(try item("b", batch).handle)])[0].isCancelled)
        #expect(await refusal { try await bench.engine.work.complete(try item("b", batch).handle) } == .fenced)
        #expect(try await bench.engine.execution(id).status == .failed)
    }

    @Test func `a condition that does not hold passes over a remote step`() async throws {
        let bench = try await WorkBench()
        let when: JSONObject = ["when": ["path": "amount", "op": "gt", "value": 100]]
        let small = try await bench.start(TestFlows.single("charge", step: when))
        #expect(try await bench.claim().items.isEmpty)
        try await bench.settle()
        #expect(try await bench.engine.execution(small).status == .completed)
        let large = try await bench.start(TestFlows.single("charge", step: when), context: ["amount": 101])
        _ = try await bench.engine.work.complete(try await bench.item().handle)
        #expect(try await bench.engine.execution(large).status == .completed)
    }

    /// A remote step that a remote handler undoes, and one after it that fails.
    private static let saga: JSONValue = [
        "id": "saga", "version": "1.0.0", "initialStepId": "charge",
        "steps": [
            "charge": [
                "type": "charge", "outputKey": "receipt",
                "compensate": [
                    "type": "refund", "config": ["all": true], "retry": ["maxAttempts": 1, "backoffMs": 0],
                ],
                "transitions": ["onSuccess": "break"],
            ],
            "break": ["type": "break", "transitions": ["onSuccess": nil]],
        ],
    ]

    @Test func `compensations are served by workers, too`() async throws {
        let bench = try await WorkBench()
        let types = ["charge", "break", "refund"]
        let id = try await bench.start(Self.saga)
        _ = try await bench.engine.work.complete(try await bench.item(types).handle, output: ["id": 7])
        let broken = try await bench.item(types)
        _ = try await bench.engine.work.fail(broken.handle, StepFailure("BROKEN"))
        let first = try await bench.item(types)
        #expect(first.isCompensation && first.type == "refund" && first.handle.stepID == "charge")
        #expect(first.input == ["id": 7] && first.config == ["all": true])
        #expect(try await bench.engine.work.heartbeat([WorkBeat(first.handle)])[0].isCancelled == false)
        _ = try await bench.engine.work.fail(first.handle, StepFailure("BUSY"))
        #expect(try await bench.engine.work.fail(first.handle, StepFailure("BUSY")).isRepeat)
        let lost = try await bench.item(types)
        bench.clock.advance(by: WorkBench.lease + .seconds(1))
        let second = try await bench.item(types)
        #expect(second.handle.fencingToken > lost.handle.fencingToken)
        #expect(second.idempotencyToken == first.idempotencyToken)
        #expect(await refusal { try await bench.engine.work.complete(lost.handle) } == .fenced)
        let answer = try await bench.engine.work.complete(second.handle)
        #expect(answer.execution.status == .rolledBack)
        #expect(try await bench.engine.work.complete(second.handle).isRepeat)
        let steps = try await bench.engine.steps(of: id)
        #expect(steps.first { $0.stepID == "charge" }?.status == "compensated")
    }

    @Test func `a parent goes on when the remote step of its child has ended`() async throws {
        let bench = try await WorkBench()
        try await bench.engine.register(TestFlows.single("charge", id: "child"))
        for engine in [bench.engine, bench.other] {
            engine.handle("spawn") { _, _ in .children(ChildrenRequest("child", contexts: [["n": 1], ["n": 2]])) }
        }
        let id = try await bench.start(TestFlows.single("spawn", id: "parent"))
        for number in 1...2 {
            _ = try await bench.engine.work.complete(try await bench.item().handle, output: .int(Int64(number)))
        }
        try await bench.settle()
        #expect(try await bench.engine.execution(id).status == .completed)
    }

    private func item(_ step: StepID, _ batch: WorkBatch) throws -> WorkItem {
        try #require(batch.items.first { $0.handle.stepID == step })
    }
}
