import Skein
import SkeinCore
import Testing

/// Resume tokens, from their making to their end.
@Suite(.everyStore, .timeLimit(.minutes(3)))
struct TokenTests {
    /// A flow whose one wait is for a token, and an echo of what came.
    private static func flow(_ token: JSONValue = true, step: JSONObject = [:], flow: JSONObject = [:]) -> JSONValue {
        var config: JSONObject = ["token": token]
        config.merge(step)
        var object: JSONObject = [
            "id": "approval", "version": "1.0.0", "initialStepId": "ask",
            "steps": [
                "ask": [
                    "type": "wait", "config": .object(config), "outputKey": "answer",
                    "transitions": ["onSuccess": "after", "onFailure": "late"],
                ],
                "after": [
                    "type": "echo", "input": ["type": "key", "key": "answer"], "outputKey": "seen",
                    "transitions": ["onSuccess": nil],
                ],
                "late": ["type": "echo", "outputKey": "late", "transitions": ["onSuccess": nil]],
            ],
        ]
        object.merge(flow)
        return .object(object)
    }

    /// With a handler like the built-in `wait`.
    private func makeBench() async throws -> Bench {
        let bench = try await Bench()
        bench.engine.handle("wait") { _, step in
            let wanted = step.config["token"]
            let token = try await step.token(
                expiresIn: wanted?["expiresInMs"]?.int64.map { .milliseconds($0) },
                metadata: wanted?["metadata"]?.object)
            let output: JSONValue = [
                "token": .string(token.token), "tokenId": .string(token.id.description),
                "expiresAt": .string(token.expiresAt.description),
            ]
            let timeout = step.config["timeoutMs"]?.int64.map { Duration.milliseconds($0) }
            return .wait(WaitRequest(until: .token, timeout: timeout, output: output))
        }
        return bench
    }

    private func secret(_ execution: Execution, _ key: String = "answer") throws -> String {
        try #require(execution.context[key]?["token"]?.string)
    }

    private func code(_ body: () async throws -> some Any) async throws -> EngineError.Code? {
        do {
            _ = try await body()
            return nil
        } catch let error as EngineError {
            return error.code
        }
    }

    @Test func `a wait for a token puts it out, and ends with what comes with it, once`() async throws {
        let bench = try await makeBench()
        let waiting = try await bench.run(Self.flow(), simulateTime: false)
        #expect(waiting.status == .waiting && waiting.wait?.kind == .token)
        let token = try secret(waiting)
        #expect(
            token.utf8.count == 43
                && token.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) })
        let record = try #require(try await bench.engine.tokens(of: waiting.id).first)
        #expect(record.status == .active && record.target.stepID == "ask")
        #expect(waiting.context["answer"]?["tokenId"]?.string == record.id.description)
        #expect(waiting.context["answer"]?["expiresAt"]?.string == record.expiresAt.description)
        #expect(record.expiresAt == bench.clock.now + .seconds(7 * 86_400))
        _ = try await bench.engine.resume(token: token, data: ["ok": true])
        #expect(try await code { try await bench.engine.resume(token: token) } == .tokenUsed)
        let done = try await bench.engine.run(waiting.id)
        #expect(done.status == .completed && done.context["seen"] == ["ok": true])
        #expect(done.context["resumeData"] == ["ok": true])
        #expect(try await bench.engine.tokens(of: waiting.id).map(\.status) == [.used])
        let types = try await bench.types(waiting.id)
        #expect(types.filter { $0.hasPrefix("token.") } == ["token.created", "token.used"])
        #expect(types.firstIndex(of: "token.created") == types.firstIndex(of: "step.suspended").map { $0 - 1 })
    }

    @Test func `a token lasts as long as it is asked to`() async throws {
        let bench = try await makeBench()
        let short = try await bench.run(
            Self.flow(["expiresInMs": 1_000, "metadata": ["for": "ann"]]), simulateTime: false)
        let record = try #require(try await bench.engine.tokens(of: short.id).first)
        #expect(record.expiresAt == bench.clock.now + .seconds(1) && record.metadata == ["for": "ann"])
        bench.clock.advance(by: .seconds(1))
        let token = try secret(short)
        #expect(try await code { try await bench.engine.resume(token: token) } == .tokenExpired)
        #expect(try await bench.engine.tokens(of: short.id).map(\.status) == [.expired])
    }

    @Test func `a token lasts no longer than the waits of its execution may`() async throws {
        let bench = try await makeBench()
        let options = CreateOptions(waitTimeout: .seconds(9))
        let waiting = try await bench.run(Self.flow(), options: options, simulateTime: false)
        #expect(try await bench.engine.tokens(of: waiting.id).first?.expiresAt == bench.clock.now + .seconds(9))
        let outside = try await bench.engine.createToken(for: waiting.id, expiresIn: .seconds(60))
        #expect(outside.expiresAt == bench.clock.now + .seconds(9))
        let late = try await bench.engine.run(waiting.id, simulateTime: true)
        #expect(late.status == .completed && late.context["late"] != nil)
        #expect(try await code { try await bench.engine.resume(token: outside.token) } == .tokenRevoked)
    }

    @Test func `a wait that ends otherwise takes its token along`() async throws {
        let bench = try await makeBench()
        let waiting = try await bench.run(Self.flow(), simulateTime: false)
        let token = try secret(waiting)
        _ = try await bench.engine.resume(waiting.id, data: "by hand")
        _ = try await bench.engine.drive(waiting.id)
        #expect(try await bench.engine.execution(waiting.id).context["seen"] == "by hand")
        #expect(try await code { try await bench.engine.resume(token: token) } == .tokenRevoked)
    }

    @Test func `a revoked token, and one that never was, resume nothing`() async throws {
        let bench = try await makeBench()
        let waiting = try await bench.run(Self.flow(), simulateTime: false)
        let token = try secret(waiting)
        let id = try #require(try await bench.engine.tokens(of: waiting.id).first?.id)
        for _ in 1...2 {
            let revoked = try await bench.engine.revokeToken(id, by: Intervention(actor: "ann"))
            #expect(revoked.status == .revoked)
        }
        #expect(try await code { try await bench.engine.resume(token: token) } == .tokenRevoked)
        for wrong in ["", "x", String(repeating: "A", count: 43), String(repeating: "A", count: 10_000)] {
            #expect(try await code { try await bench.engine.resume(token: wrong) } == .tokenNotFound)
        }
        #expect(
            try await code { try await bench.engine.revokeToken(TokenID(raw: UniqueID(high: 1, low: 1))) }
                == .tokenNotFound)
        let after = try await bench.engine.drive(waiting.id)
        #expect(after.status == .waiting)
        let events = try await bench.engine.events(of: waiting.id)
        #expect(events.last?.type == "token.revoked" && events.last?.metadata["actor"] == "ann")
    }

    @Test func `a cancel makes active tokens useless and counts them`() async throws {
        let bench = try await makeBench()
        let waiting = try await bench.run(Self.flow(), simulateTime: false)
        let token = try secret(waiting)
        _ = try await bench.engine.createToken(for: waiting.id)
        let result = try await bench.engine.cancel(waiting.id)
        #expect(result.cancelled && result.tokensInvalidated == 2)
        #expect(try await code { try await bench.engine.resume(token: token) } == .tokenRevoked)
        #expect(try await bench.engine.cancel(waiting.id).tokensInvalidated == 0)
        // Also when the execution lives again.
        _ = try await bench.engine.retry(waiting.id)
        #expect(try await code { try await bench.engine.resume(token: token) } == .tokenRevoked)
    }

    @Test func `a cancel that rolls back makes tokens useless, too`() async throws {
        let bench = try await makeBench()
        let steps: JSONValue = [
            "pay": [
                "type": "echo", "compensate": ["type": "echo"], "transitions": ["onSuccess": "ask"],
            ],
            "ask": [
                "type": "wait", "config": ["token": true], "outputKey": "answer", "transitions": ["onSuccess": nil],
            ],
        ]
        let flow = Self.flow(flow: ["initialStepId": "pay", "onCancel": "rollback", "steps": steps])
        let waiting = try await bench.run(flow, simulateTime: false)
        let token = try secret(waiting)
        let result = try await bench.engine.cancel(waiting.id)
        #expect(result.cancelled && result.tokensInvalidated == 1 && result.execution.status == .rollingBack)
        #expect(try await code { try await bench.engine.resume(token: token) } == .tokenRevoked)
        #expect(try await bench.engine.run(waiting.id).status == .rolledBack)
    }

    @Test func `a token made from outside resumes, and both are in the log`() async throws {
        let bench = try await makeBench()
        let waiting = try await bench.run(Self.flow(), simulateTime: false)
        bench.clock.advance(by: .milliseconds(1))
        let token = try await bench.engine.createToken(for: waiting.id, expiresIn: .seconds(60), metadata: ["n": 1])
        #expect(!"\(token)".contains(token.token) && token.stepID == "ask")
        #expect(try await bench.engine.drive(waiting.id).status == .waiting)
        _ = try await bench.engine.resume(token: token.token, data: 7)
        let done = try await bench.engine.run(waiting.id)
        #expect(done.status == .completed && done.context["seen"] == 7)
        let types = try await bench.types(waiting.id).filter { $0.hasPrefix("token.") }
        #expect(types == ["token.created", "token.created", "token.used"])
        // What the wait put out itself is over with it.
        #expect(try await bench.engine.tokens(of: waiting.id).map(\.status) == [.revoked, .used])
    }

    @Test func `no token is made where nothing waits for one, or for too long, or with too much`() async throws {
        let bench = try await makeBench()
        bench.engine.handle("pause") { _, _ in .wait(WaitRequest(until: .resume)) }
        let manual = try await bench.run(TestFlows.single("pause"), simulateTime: false)
        #expect(try await code { try await bench.engine.createToken(for: manual.id) } == .executionNotWaiting)
        let done = try await bench.run(TestFlows.single("echo", id: "done"))
        #expect(try await code { try await bench.engine.createToken(for: done.id) } == .executionNotWaiting)
        let waiting = try await bench.run(Self.flow(), simulateTime: false)
        #expect(
            try await code { try await bench.engine.createToken(for: waiting.id, step: "after") }
                == .executionNotWaiting)
        for span in [Duration.zero, .seconds(-1), .seconds(20 * 365 * 86_400)] {
            #expect(
                try await code { try await bench.engine.createToken(for: waiting.id, expiresIn: span) }
                    == .invalidRequest)
        }
        let large: JSONObject = ["x": .string(String(repeating: "x", count: 17_000))]
        #expect(
            try await code { try await bench.engine.createToken(for: waiting.id, metadata: large) } == .invalidRequest)
        #expect(try await bench.engine.tokens(of: waiting.id).count == 1)
    }

    @Test func `a token that is redeemed before the wait begins ends it at once`() async throws {
        let bench = try await makeBench()
        let engine = bench.engine
        engine.handle("eager") { _, step in
            let token = try await step.token()
            _ = try await engine.resume(token: token.token, data: "early")
            return .wait(WaitRequest(until: .token))
        }
        let done = try await bench.run(TestFlows.single("eager"))
        #expect(done.status == .completed && done.context["out"] == "early")
        #expect(try await bench.types(done.id).filter { $0.hasPrefix("token.") } == ["token.created", "token.used"])
    }

    @Test func `a step that is repeated makes another token, and either ends the wait`() async throws {
        let bench = try await makeBench()
        let tokens = Ledger()
        bench.engine.handle("flaky") { _, step in
            tokens.note(try await step.token().token)
            if step.attempt == 1 { throw StepFailure("AGAIN") }
            return .wait(WaitRequest(until: .token))
        }
        let flow = TestFlows.single("flaky", step: ["retry": ["maxAttempts": 1]])
        let waiting = try await bench.run(flow, simulateTime: false)
        #expect(waiting.wait?.kind == .token && tokens.all.count == 2)
        _ = try await bench.engine.resume(token: tokens.all[0], data: 1)
        #expect(try await bench.engine.run(waiting.id).context["out"] == 1)
        #expect(try await code { try await bench.engine.resume(token: tokens.all[1]) } == .tokenRevoked)
    }

    @Test func `the branch whose token is redeemed goes on`() async throws {
        let bench = try await makeBench()
        func ask(_ next: JSONValue) -> JSONValue {
            ["type": "wait", "config": ["token": true], "transitions": ["onSuccess": next]]
        }
        var left = ask("join").object ?? [:]
        left["outputKey"] = "left"
        var right = ask("join").object ?? [:]
        right["outputKey"] = "right"
        let flow: JSONValue = [
            "id": "both", "version": "1.0.0", "initialStepId": "fork",
            "steps": [
                "fork": ["type": "echo", "transitions": ["onSuccess": ["left", "right"]]],
                "left": .object(left), "right": .object(right),
                "join": ["type": "echo", "join": ["left", "right"], "transitions": ["onSuccess": nil]],
            ],
        ]
        let waiting = try await bench.run(flow, simulateTime: false)
        #expect(try await bench.engine.tokens(of: waiting.id).map(\.status) == [.active, .active])
        let (first, second) = (try secret(waiting, "right"), try secret(waiting, "left"))
        _ = try await bench.engine.resume(token: first, data: "r")
        let half = try await bench.engine.drive(waiting.id)
        #expect(half.context["right"] == "r" && half.context["left"]?["token"] != nil && half.status == .waiting)
        _ = try await bench.engine.resume(token: second, data: "l")
        let done = try await bench.engine.run(waiting.id)
        #expect(done.status == .completed && done.context["left"] == "l")
    }

    // MARK: - Durable code

    @Test func `code that waits for a token goes on with what comes, and delivers once`() async throws {
        let bench = try await makeBench()
        let delivered = Ledger()
        bench.engine.handle("code") { _, step in
            let first = try await step.waitForToken(metadata: ["n": 1]) { delivered.note($0.token) }
            let second = try await step.waitForToken(timeout: .seconds(60)) { delivered.note($0.token) }
            return .success([first ?? .null, second ?? .null])
        }
        let waiting = try await bench.run(TestFlows.single("code"), simulateTime: false)
        #expect(waiting.wait?.kind == .token)
        let first = try #require(delivered.all.first)
        _ = try await bench.engine.resume(token: first, data: "one")
        let again = try await bench.engine.drive(waiting.id)
        #expect(again.wait?.kind == .token && delivered.all.count == 2)
        // One made from outside is for the wait at hand.
        let outside = try await bench.engine.createToken(for: waiting.id)
        _ = try await bench.engine.resume(token: outside.token, data: "two")
        let done = try await bench.engine.run(waiting.id)
        #expect(done.status == .completed && done.context["out"] == ["one", "two"])
        #expect(delivered.all.count == 2)
        #expect(try await code { try await bench.engine.resume(token: delivered.all[1]) } == .tokenRevoked)
    }

    @Test func `code that waits in vain finds nothing after the timeout`() async throws {
        let bench = try await makeBench()
        bench.engine.handle("code") { _, step in
            let answer = try await step.waitForToken(timeout: .seconds(5)) { _ in }
            return .success(answer == nil ? "nothing" : "something")
        }
        let done = try await bench.run(TestFlows.single("code"))
        #expect(done.status == .completed && done.context["out"] == "nothing")
    }

    @Test func `a delivery that fails is done again with another token`() async throws {
        let bench = try await makeBench()
        let delivered = Ledger()
        bench.engine.handle("code") { _, step in
            let answer = try await step.waitForToken { token in
                delivered.note(token.token)
                if delivered.all.count == 1 { throw StepFailure("MAIL") }
            }
            return .success(answer ?? .null)
        }
        let flow = TestFlows.single("code", step: ["retry": ["maxAttempts": 1]])
        let waiting = try await bench.run(flow, simulateTime: false)
        #expect(Set(delivered.all).count == 2)
        _ = try await bench.engine.resume(token: delivered.all[0], data: "by the first")
        #expect(try await bench.engine.run(waiting.id).context["out"] == "by the first")
    }
}
