import Skein
import SkeinCore
import Testing

@Suite(.everyStore, .timeLimit(.minutes(3)))
struct FailureTests {
    @Test func `a step that fails without onFailure fails the execution with code, message and step`() async throws {
        let bench = try await Bench()
        bench.engine.handle("refuse") { _, _ in .failure("REFUSED", "not today", details: ["a": 1]) }
        let final = try await bench.run(TestFlows.single("refuse"))
        #expect(final.status == .failed)
        #expect(final.error == Failure("REFUSED", "not today", stepID: "only", details: ["a": 1]))
        #expect(final.context["out"] == nil)
        #expect(
            try await bench.types(final.id) == [
                "execution.created", "execution.started", "step.failed", "execution.failed",
            ])
    }

    @Test func `a step that fails goes to onFailure and the execution completes`() async throws {
        let bench = try await Bench()
        bench.engine.handle("refuse") { _, _ in .failure("REFUSED") }
        let flow: JSONValue = [
            "id": "branch", "version": "1.0.0", "initialStepId": "a",
            "steps": [
                "a": ["type": "refuse", "transitions": ["onSuccess": nil, "onFailure": "b"]],
                "b": [
                    "type": "echo", "input": ["type": "static", "value": "saved"], "outputKey": "b",
                    "transitions": ["onSuccess": nil],
                ],
            ],
        ]
        let final = try await bench.run(flow)
        #expect(final.status == .completed)
        #expect(final.context["b"] == "saved")
        #expect(final.error == nil)
    }

    @Test func `a handler that throws fails the step with HANDLER_ERROR`() async throws {
        struct Broken: Error, CustomStringConvertible { let description = "it broke" }
        let bench = try await Bench()
        bench.engine.handle("throws") { _, _ in throw Broken() }
        let final = try await bench.run(TestFlows.single("throws"))
        #expect(final.error == Failure("HANDLER_ERROR", "it broke", stepID: "only"))
    }

    @Test func `retries happen after their backoff and stop at the first success`() async throws {
        let bench = try await Bench()
        let ledger = bench.ledger
        let start = bench.clock.now
        bench.engine.handle("flaky") { _, step in
            ledger.note("\(step.attempt)@\((step.now - start).wholeMilliseconds)")
            return step.attempt < 4 ? .failure("FLAKY") : .success("done")
        }
        let final = try await bench.run(
            TestFlows.single("flaky", step: ["retry": ["maxAttempts": 5, "backoffMs": 100, "backoffMultiplier": 2]]))
        #expect(final.status == .completed)
        #expect(ledger.all == ["1@0", "2@100", "3@300", "4@700"])
        #expect(final.stepCount == 4)
    }

    @Test func `retries run out, and codes outside retryOn are not retried`() async throws {
        let bench = try await Bench()
        let ledger = bench.ledger
        bench.engine.handle("fails") { _, step in
            ledger.note("run")
            return .failure("WRONG")
        }
        let exhausted = try await bench.run(TestFlows.single("fails", id: "a", step: ["retry": ["maxAttempts": 2]]))
        #expect(exhausted.status == .failed)
        #expect(ledger.count("run") == 3)
        _ = try await bench.run(
            TestFlows.single("fails", id: "b", step: ["retry": ["maxAttempts": 2, "retryOn": ["OTHER"]]]))
        #expect(ledger.count("run") == 4)
    }

    @Test func `the idempotency token is constant over attempts and the fencing token grows`() async throws {
        let bench = try await Bench()
        let ledger = bench.ledger
        bench.engine.handle("flaky") { _, step in
            ledger.note(step.idempotencyToken)
            ledger.note("fence \(step.fencingToken)")
            return step.attempt < 3 ? .failure("FLAKY") : .success(nil)
        }
        _ = try await bench.run(TestFlows.single("flaky", step: ["retry": ["maxAttempts": 5]]))
        let tokens = Set(ledger.all.filter { !$0.hasPrefix("fence") })
        let fences = ledger.all.filter { $0.hasPrefix("fence") }.compactMap { Int($0.dropFirst(6)) }
        #expect(tokens.count == 1)
        #expect(fences == fences.sorted() && Set(fences).count == 3)
    }

    @Test func `a loop ends at maxSteps with MAX_STEPS`() async throws {
        let bench = try await Bench { $0.maxSteps = 25 }
        let flow: JSONValue = [
            "id": "loop", "version": "1.0.0", "initialStepId": "a",
            "steps": [
                "a": ["type": "echo", "input": ["type": "static", "value": 1], "transitions": ["onSuccess": "b"]],
                "b": ["type": "echo", "input": ["type": "static", "value": 1], "transitions": ["onSuccess": "a"]],
            ],
        ]
        let final = try await bench.run(flow)
        #expect(final.status == .failed)
        #expect(final.error?.code == "MAX_STEPS")
        #expect(final.stepCount == 25)
    }

    @Test func `an unknown handler fails at once where no other instance can have it`() async throws {
        let bench = try await Bench()
        let registered = try await bench.engine.register(TestFlows.single("nobody-has-this"))
        #expect(registered.warnings.map(\.code) == ["HANDLER_UNKNOWN"])
        let created = try await bench.engine.create("single")
        let final = try await bench.engine.run(created.execution.id)
        #expect(final.error?.code == "HANDLER_NOT_FOUND")
    }

    @Test func `outputs over the limits, and with NUL, fail the step and leave the context as it was`() async throws {
        let bench = try await Bench()
        bench.engine.handle("huge") { _, _ in .success(.string(String(repeating: "x", count: 20 << 20))) }
        bench.engine.handle("nul") { _, _ in .success("a\0b") }
        let huge = try await bench.run(TestFlows.single("huge", id: "huge"), context: ["kept": true])
        #expect(huge.error?.code == "CONTEXT_LIMIT")
        #expect(huge.context == ["kept": true])
        let nul = try await bench.run(TestFlows.single("nul", id: "nul"))
        #expect(nul.error?.code == "INVALID_OUTPUT")
    }

    @Test func `a handler may choose the next step, but only one that exists`() async throws {
        let bench = try await Bench()
        bench.engine.handle("choose") { input, _ in .success("x", next: StepID(input.string ?? "")) }
        func flow(_ id: String, _ target: String) -> JSONValue {
            [
                "id": .string(id), "version": "1.0.0", "initialStepId": "a",
                "steps": [
                    "a": [
                        "type": "choose", "input": ["type": "static", "value": .string(target)], "config": ["may": "c"],
                        "transitions": ["onSuccess": "b"],
                    ],
                    "b": ["type": "echo", "outputKey": "b", "transitions": ["onSuccess": nil]],
                    "c": [
                        "type": "echo", "input": ["type": "static", "value": 3], "outputKey": "c",
                        "transitions": ["onSuccess": nil],
                    ],
                ],
            ]
        }
        let chosen = try await bench.run(flow("one", "c"))
        #expect(chosen.context["c"] == 3 && chosen.context["b"] == nil)
        let wrong = try await bench.run(flow("two", "nowhere"))
        #expect(wrong.error?.code == "INVALID_TRANSITION")
    }
}
