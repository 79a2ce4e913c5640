import Skein
import SkeinCore
import SkeinTesting
import Testing

/// Sagas in the code of a step: pieces that say how they are undone.
@Suite(.everyStore, .timeLimit(.minutes(3)))
struct CodeSagaTests {
    private struct Trip: Codable, Sendable {
        var fails = true
    }

    private static func trip(_ ledger: Ledger, carFails: Int = 0) -> DurableFlow<Trip, String> {
        DurableFlow("trip") { input, step in
            let flight = try await step.run("flight") {
                ledger.note("flight")
                return "F1"
            } compensate: { flight in
                ledger.note("undo \(flight)")
            }
            try await step.perform("mail") { ledger.note("mail") }
            let car = try await step.run("car") {
                ledger.note("car")
                return 7
            } compensate: { car in
                ledger.note("undo \(car)")
                if ledger.count("undo 7") <= carFails { throw StepFailure("GARAGE_CLOSED") }
            }
            try await step.sleep(for: .seconds(5))
            if input.fails {
                _ = try await step.run("hotel") { () async throws -> String in
                    throw StepFailure("FULL", isRetryable: false)
                } compensate: { _ in
                    ledger.note("undo hotel")
                }
            }
            return "\(flight) \(car)"
        }
    }

    @Test func `pieces are undone in reverse when the code fails, and only what was done`() async throws {
        let bench = try await Bench()
        let flow = Self.trip(bench.ledger)
        try await bench.engine.register(flow)
        let id = try await bench.engine.create(flow, Trip()).execution.id
        let end = try await bench.engine.run(id, simulateTime: true)
        #expect(end.status == .rolledBack && end.error?.code == "FULL")
        #expect(bench.ledger.all == ["flight", "mail", "car", "undo 7", "undo F1"])
        let types = try await bench.types(id)
        #expect(
            types.suffix(6) == [
                "execution.rollback_started", "step.compensating", "checkpoint", "checkpoint", "step.compensated",
                "execution.rolled_back",
            ])
    }

    @Test func `a compensation of a piece that fails is tried again, and what is undone stays so`() async throws {
        let bench = try await Bench()
        let flow = Self.trip(bench.ledger, carFails: 2)
        try await bench.engine.register(flow)
        let id = try await bench.engine.create(flow, Trip()).execution.id
        let end = try await bench.engine.run(id, simulateTime: true)
        #expect(end.status == .rolledBack)
        #expect(bench.ledger.all == ["flight", "mail", "car", "undo 7", "undo 7", "undo 7", "undo F1"])
    }

    @Test func `a rollback that cannot go on ends, and a retry goes on where it stopped`() async throws {
        let bench = try await Bench()
        let flow = Self.trip(bench.ledger, carFails: 4)
        try await bench.engine.register(flow)
        let id = try await bench.engine.create(flow, Trip()).execution.id
        #expect(try await bench.engine.run(id, simulateTime: true).status == .rollbackFailed)
        #expect(bench.ledger.count("undo F1") == 0)
        _ = try await bench.engine.retry(id)
        #expect(try await bench.engine.run(id, simulateTime: true).status == .rolledBack)
        #expect(bench.ledger.count("undo 7") == 5 && bench.ledger.count("undo F1") == 1)
    }

    @Test func `code that ended well is undone when a later step fails`() async throws {
        let bench = try await Bench()
        bench.engine.handle("code") { [ledger = bench.ledger] _, step in
            try await step.perform("one", { ledger.note("one") }, compensate: { ledger.note("undo one") })
            try await step.perform("two", { ledger.note("two") }, compensate: { ledger.note("undo two") })
            ledger.note("end")
            return .success("done")
        }
        bench.engine.handle("fail") { _, _ in .failure("NO", isRetryable: false) }
        let end = try await bench.run([
            "id": "f", "version": "1.0.0", "initialStepId": "code",
            "steps": ["code": ["type": "code", "transitions": ["onSuccess": "fail"]], "fail": ["type": "fail"]],
        ])
        #expect(end.status == .rolledBack)
        #expect(bench.ledger.all == ["one", "two", "end", "end", "undo two", "undo one"])
    }

    @Test func `a step's own compensation stands for all of its pieces`() async throws {
        let bench = try await Bench()
        bench.engine.handle("code") { [ledger = bench.ledger] _, step in
            try await step.perform("one", { ledger.note("one") }, compensate: { ledger.note("undo one") })
            return .success("out")
        }
        bench.engine.handle("undo") { [ledger = bench.ledger] input, _ in
            ledger.note("undo \(input.string ?? "")")
            return .success(nil)
        }
        bench.engine.handle("fail") { _, _ in .failure("NO", isRetryable: false) }
        let end = try await bench.run([
            "id": "f", "version": "1.0.0", "initialStepId": "code",
            "steps": [
                "code": ["type": "code", "compensate": ["type": "undo"], "transitions": ["onSuccess": "fail"]],
                "fail": ["type": "fail"],
            ],
        ])
        #expect(end.status == .rolledBack && bench.ledger.all == ["one", "undo out"])
    }

    @Test func `who cancels a flow that rolls back has the code's pieces undone`() async throws {
        let bench = try await Bench()
        bench.engine.handle("code") { [ledger = bench.ledger] _, step in
            try await step.perform("one", { ledger.note("one") }, compensate: { ledger.note("undo one") })
            _ = try await step.waitForSignal(named: "never")
            return .success("out")
        }
        try await bench.engine.register(TestFlows.single("code", id: "code", flow: ["onCancel": "rollback"]))
        let id = try await bench.engine.create("code").execution.id
        _ = try await bench.engine.run(id)
        _ = try await bench.engine.cancel(id, reason: "enough")
        let end = try await bench.engine.run(id)
        #expect(end.status == .rolledBack && end.cancellation?.reason == "enough")
        #expect(bench.ledger.all == ["one", "undo one"])
    }

    @Test func `a durable flow that is cancelled undoes what it did, if it says so`() async throws {
        for (policy, status) in [(CancelPolicy.rollback, ExecutionStatus.rolledBack), (.stop, .cancelled)] {
            let bench = try await Bench()
            let flow = DurableFlow<Trip, String>("trip", onCancel: policy) { [ledger = bench.ledger] _, step in
                try await step.perform("one", { ledger.note("one") }, compensate: { ledger.note("undo one") })
                return try await step.waitForSignal(named: "never")?.string ?? "nothing"
            }
            try await bench.engine.register(flow)
            let id = try await bench.engine.create(flow, Trip()).execution.id
            _ = try await bench.engine.run(id)
            _ = try await bench.engine.cancel(id)
            #expect(try await bench.engine.run(id).status == status)
            #expect(bench.ledger.count("undo one") == (policy == .rollback ? 1 : 0))
        }
    }

    @Test func `code that has forgotten a piece does not pretend to have undone it`() async throws {
        let bench = try await Bench()
        let forgets = Ledger()
        bench.engine.handle("code") { [ledger = bench.ledger] _, step in
            if forgets.all.isEmpty {
                try await step.perform("one", { ledger.note("one") }, compensate: { ledger.note("undo one") })
            }
            return .success("out")
        }
        bench.engine.handle("fail") { _, _ in
            forgets.note("now")
            return .failure("NO", isRetryable: false)
        }
        let end = try await bench.run([
            "id": "f", "version": "1.0.0", "initialStepId": "code",
            "steps": ["code": ["type": "code", "transitions": ["onSuccess": "fail"]], "fail": ["type": "fail"]],
        ])
        #expect(end.status == .rollbackFailed && end.error?.code == "WORKFLOW_DEFINITION_CHANGED")
    }

    @Test func `a crash at any point undoes each piece, and at most the one under way twice`() async throws {
        let ledger = Ledger()
        let flow = Self.trip(ledger)
        let points = try await TestHarness().crashAtEveryStep(flow, Trip()) { end, _ in
            #expect(end.status == .rolledBack, "at \(end.point)")
            let done = ledger.take()
            #expect(
                done.filter { $0.hasPrefix("undo") }.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
                    == ["undo 7", "undo F1"], "at \(end.point)")
            #expect(done.count <= 6)
        }
        #expect(points > 8)
    }
}
