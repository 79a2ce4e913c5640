import Skein
import SkeinCore
import Testing

@Suite(.everyStore, .timeLimit(.minutes(3)))
struct SagaTests {
    /// reserve and charge are undone, note is not, ship fails.
    static func order(_ change: (inout JSONObject) -> Void = { _ in }) -> JSONValue {
        var steps: JSONObject = [
            "reserve": [
                "type": "work", "outputKey": "reservation", "transitions": ["onSuccess": "note"],
                "compensate": ["type": "undo"],
            ],
            "note": ["type": "work", "transitions": ["onSuccess": "charge"]],
            "charge": [
                "type": "work", "transitions": ["onSuccess": "ship"],
                "compensate": [
                    "type": "undo", "config": ["why": "money"],
                    "input": ["type": "template", "template": ["paid": "${output.by}", "for": "${reservation.by}"]],
                ],
            ],
            "ship": ["type": "fail", "compensate": ["type": "undo"]],
        ]
        change(&steps)
        return ["id": "order", "version": "1.0.0", "initialStepId": "reserve", "steps": .object(steps)]
    }

    private static func bench(_ flow: JSONValue = order()) async throws -> Bench {
        let bench = try await Bench()
        bench.engine.handle("work") { _, step in
            bench.ledger.note(step.stepID.rawValue)
            return .success(["by": .string(step.stepID.rawValue)])
        }
        bench.engine.handle("undo") { input, step in
            bench.ledger.note("undo \(step.stepID) \(input)")
            return .success(nil)
        }
        bench.engine.handle("fail") { _, _ in .failure("NO_SHIP", "no ship", isRetryable: false) }
        try await bench.engine.register(flow)
        return bench
    }

    @Test func `a failure undoes what was done, the last first, with what each step returned`() async throws {
        let bench = try await Self.bench()
        let (id, end) = try await bench.start("order")
        #expect(end.status == .rolledBack && end.error?.code == "NO_SHIP" && end.error?.stepID == "ship")
        #expect(
            bench.ledger.all == [
                "reserve", "note", "charge", #"undo charge {"paid":"charge","for":"reserve"}"#,
                #"undo reserve {"by":"reserve"}"#,
            ])
        #expect(
            try await bench.types(id).suffix(7) == [
                "step.failed", "execution.rollback_started", "step.compensating", "step.compensated",
                "step.compensating", "step.compensated", "execution.rolled_back",
            ])
        let steps = try await bench.engine.steps(of: id)
        #expect(steps.map(\.status) == ["compensated", "completed", "compensated", "failed"])
    }

    @Test func `with nothing to undo the execution fails`() async throws {
        let bench = try await Self.bench(
            Self.order { steps in
                for (key, step) in steps { steps[key] = step.without("compensate") }
            })
        let (_, end) = try await bench.start("order")
        #expect(end.status == .failed && end.error?.code == "NO_SHIP")
    }

    @Test func `a compensation that fails is retried, then set aside while the others are done`() async throws {
        let bench = try await Self.bench()
        bench.engine.handle("undo") { _, step in
            bench.ledger.note("undo \(step.stepID) \(step.attempt)")
            return step.stepID == "charge" ? .failure("BANK_DOWN") : .success(nil)
        }
        let id = try await bench.engine.create("order").execution.id
        let end = try await bench.engine.run(id, simulateTime: true)
        #expect(end.status == .rollbackFailed && end.error?.stepID == "charge")
        #expect(bench.ledger.all.suffix(5) == (1...4).map { "undo charge \($0)" } + ["undo reserve 1"])
        // Once the bank is back, a retry goes on with just that compensation.
        bench.engine.handle("undo") { _, step in
            bench.ledger.note("again \(step.stepID)")
            return .success(nil)
        }
        _ = try await bench.engine.retry(id, by: Intervention(actor: "ann", reason: "the bank is back"))
        let final = try await bench.engine.run(id)
        #expect(final.status == .rolledBack && bench.ledger.all.suffix(1) == ["again charge"])
    }

    @Test func `a cancel undoes what was done where the flow says so`() async throws {
        let bench = try await Self.bench(
            Self.order { steps in
                steps["ship"] = ["type": "pause"]
            }.with("onCancel", "rollback"))
        bench.engine.handle("pause") { _, _ in .wait(WaitRequest(until: .resume)) }
        let (id, waiting) = try await bench.start("order")
        #expect(waiting.status == .waiting)
        let cancelled = try await bench.engine.cancel(id, reason: "changed my mind")
        #expect(cancelled.cancelled && cancelled.execution.status == .rollingBack)
        let end = try await bench.engine.run(id)
        #expect(end.status == .rolledBack && end.cancellation?.reason == "changed my mind")
        #expect(bench.ledger.all.suffix(2).map { $0.prefix(12) } == ["undo charge ", "undo reserve"])
    }

    @Test func `a parallel sibling that completed is undone, too`() async throws {
        let flow = GraphTests.forked { steps in
            for name in ["left", "right"] {
                let next = name == "left" ? "join" : "c1"
                steps[name] = [
                    "type": "work", "transitions": ["onSuccess": .string(next)], "compensate": ["type": "undo"],
                ]
            }
            steps["c1"] = ["type": "work", "transitions": ["onSuccess": "join"]]
            steps["start"] = ["type": "work", "transitions": ["onSuccess": ["left", "right"]]]
            steps["join"] = ["type": "fail", "transitions": ["join": ["left", "c1"]]]
        }
        let bench = try await Self.bench(flow)
        let (_, end) = try await bench.start("forked")
        #expect(end.status == .rolledBack)
        #expect(
            bench.ledger.all.suffix(2).map { $0.prefix(6) } == ["undo l", "undo r"]
                || bench.ledger.all.suffix(2).map { $0.prefix(6) } == ["undo r", "undo l"])
    }

    @Test func `a step that waited is undone with what ended its wait`() async throws {
        let bench = try await Self.bench(
            Self.order { steps in
                steps["charge"] = [
                    "type": "pause", "transitions": ["onSuccess": "ship"], "compensate": ["type": "undo"],
                ]
            })
        bench.engine.handle("pause") { _, _ in .wait(WaitRequest(until: .resume)) }
        let (id, _) = try await bench.start("order")
        _ = try await bench.engine.resume(id, data: "paid")
        let end = try await bench.engine.run(id)
        #expect(end.status == .rolledBack)
        #expect(bench.ledger.all.suffix(2) == [#"undo charge "paid""#, #"undo reserve {"by":"reserve"}"#])
    }

    @Test func `a commit step that succeeded is not run again by a retry`() async throws {
        let bench = try await Self.bench([
            "id": "pay", "version": "1.0.0", "initialStepId": "a",
            "steps": [
                "a": ["type": "work", "transitions": ["onSuccess": "pay"]],
                "pay": ["type": "work", "outputKey": "paid", "commit": true, "transitions": ["onSuccess": "b"]],
                "b": ["type": "fail"],
            ],
        ])
        let (id, end) = try await bench.start("pay")
        #expect(end.status == .failed)
        bench.engine.handle("fail") { _, _ in .success("fine") }
        _ = try await bench.engine.retry(id, from: "a")
        let final = try await bench.engine.run(id)
        #expect(final.status == .completed && bench.ledger.all == ["a", "pay", "a"])
        #expect(final.context["paid"] == ["by": "pay"])
        #expect(try await bench.types(id).contains("step.skipped"))
    }

    @Test func `a paused execution does nothing until it is resumed, and its running attempt is dropped`() async throws
    {
        let bench = try await Self.bench(
            Self.order { steps in
                steps["note"] = ["type": "pause", "transitions": ["onSuccess": "charge"]]
                steps["ship"] = ["type": "work"]
            })
        bench.engine.handle("pause") { _, _ in .wait(WaitRequest(until: .resume)) }
        let (id, _) = try await bench.start("order")
        let paused = try await bench.engine.pause(id, by: Intervention(actor: "ann", reason: "wait for the audit"))
        #expect(paused.status == .paused && paused.wait == nil)
        #expect(try await bench.engine.run(id).status == .paused)
        await #expect(throws: EngineError.self) { try await bench.engine.pause(id) }
        let resumed = try await bench.engine.resume(id)
        #expect(resumed.status == .waiting)
        _ = try await bench.engine.resume(id, data: "go")
        #expect(try await bench.engine.run(id).status == .completed)
        #expect(
            try await bench.engine.events(of: id).first { $0.type == "execution.paused" }?.message
                == "wait for the audit")
    }

    @Test func `a stuck step is passed over with an output, and that is recorded`() async throws {
        let bench = try await Self.bench(
            Self.order { steps in
                steps["charge"] = ["type": "pause", "outputKey": "payment", "transitions": ["onSuccess": "ship"]]
                steps["ship"] = ["type": "work"]
            })
        bench.engine.handle("pause") { _, _ in .wait(WaitRequest(until: .signal("never"))) }
        let (id, _) = try await bench.start("order")
        await #expect(throws: EngineError.self) { try await bench.engine.skip(id, step: "ship") }
        _ = try await bench.engine.skip(
            id, step: "charge", output: ["cash": true], by: Intervention(actor: "bo", reason: "paid in cash"))
        let end = try await bench.engine.run(id)
        #expect(end.status == .completed && end.context["payment"] == ["cash": true])
        let event = try await bench.engine.events(of: id).first { $0.type == "step.skipped" }
        #expect(event?.metadata["actor"] == "bo" && event?.message == "paid in cash")
    }

    @Test func `a fork begins at its step with the other's context`() async throws {
        let bench = try await Self.bench()
        let (id, _) = try await bench.start("order")
        bench.engine.handle("fail") { _, _ in .success("shipped") }
        let forked = try await bench.engine.fork(id, at: "ship")
        let end = try await bench.engine.run(forked.id)
        #expect(end.status == .completed && end.context["reservation"] == ["by": "reserve"] && end.result == "shipped")
        #expect(try await bench.types(forked.id).prefix(2) == ["execution.created", "execution.forked"])
        await #expect(throws: EngineError.self) { try await bench.engine.fork(id, at: "nowhere") }
    }
}

extension JSONValue {
    fileprivate func without(_ key: String) -> JSONValue {
        var object = object ?? [:]
        object[key] = .none
        return .object(object)
    }
}
