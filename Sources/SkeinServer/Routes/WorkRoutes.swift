import Hummingbird
import NIOCore
import Skein
import SkeinCore

/// Workers in any language: they ask for attempts, tell that they live, and tell how the attempts ended.
struct WorkRoutes: Sendable {
    let engine: Engine
    let drain: Drain

    var endpoints: [Endpoint] {
        [
            Endpoint(.post, "/v1/work/claim", claim),
            Endpoint(.post, "/v1/work/complete", complete),
            Endpoint(.post, "/v1/work/fail", fail),
            Endpoint(.post, "/v1/work/wait", wait),
            Endpoint(.post, "/v1/work/heartbeat", heartbeat),
        ]
    }

    private static let handle = ["executionId", "stepId", "fencingToken", "workerId"]

    // MARK: - Getting work

    /// `{workerId, items}`; with `waitMs` a long poll. What a worker was given that hung up unnoticed comes back with
    /// its lease.
    @Sendable private func claim(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let asked = try await request.members(["handlers", "max", "waitMs", "workerId"]) { body in
            var asked = WorkRequest(handlers: body.requiredTexts("handlers"))
            asked.limit = body.integer("max") ?? 1
            asked.wait = body.span("waitMs") ?? .zero
            asked.workerID = body.workerID()
            body.problems += asked.problems().filter { problem in
                // What is missing or no list has been said already.
                !body.problems.contains { $0.pointer == problem.pointer }
            }
            return asked
        }
        return answer(try await delivery(asked))
    }

    /// What cannot be written to the worker is given back.
    private func answer(_ delivery: WorkDelivery) -> Response {
        let batch = delivery.batch
        let json: JSONValue = [
            "workerId": .string(batch.workerID.description), "items": .array(batch.items.map(\.json)),
        ]
        let bytes = ByteBuffer(bytes: json.serialized())
        return Response(
            status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(contentLength: bytes.readableBytes) { writer in
                try await writer.write(bytes)
                try await writer.finish(nil)
                delivery.arrived()
            })
    }

    /// Ends early, with what there is, when this server goes away.
    private func delivery(_ asked: WorkRequest) async throws -> WorkDelivery {
        try await withThrowingTaskGroup(of: WorkDelivery?.self) { group in
            group.addTask { try await engine.work.deliver(asked) }
            group.addTask {
                await drain.wait()
                return nil
            }
            defer { group.cancelAll() }
            if let delivery = try await group.next() ?? nil { return delivery }
            // Something may have come in the same moment: it must not be lost.
            group.cancelAll()
            do {
                if let delivery = try await group.next() ?? nil { return delivery }
            } catch is CancellationError {}
            throw HTTPProblem(.serviceUnavailable, "UNAVAILABLE", "This server is going away; ask again.").retriable
        }
    }

    // MARK: - Ends

    @Sendable private func complete(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let (handle, output, next) = try await request.members(Self.handle + ["output", "next"]) { body in
            (body.handle(), body.value("output"), body.text("next"))
        }
        return .json(
            try await engine.work.complete(handle, output: output ?? .null, next: next.map { StepID($0) }).json)
    }

    @Sendable private func fail(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let fields = ["code", "message", "details", "retryable", "retryAfterMs", "next"]
        let (handle, failure) = try await request.members(Self.handle + fields) { body in
            let handle = body.handle()
            let code = body.requiredText("code") ?? ""
            var failure = StepFailure(code, body.text("message"), details: body.value("details"))
            failure.isRetryable = body.bool("retryable") ?? true
            failure.retryAfter = body.positiveSpan("retryAfterMs")
            failure.next = body.text("next").map { StepID($0) }
            if body.value("code") != nil, !(1...200).contains(code.utf8.count) {
                body.add(.outOfRange, JSONPointer(tokens: ["code"]), #""code" must have 1 to 200 bytes."#)
            }
            return (handle, failure)
        }
        return .json(try await engine.work.fail(handle, failure).json)
    }

    private enum WaitKind: String, CaseIterable { case timer, signal, token, manual }

    @Sendable private func wait(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let fields = [
            "kind", "wakeAt", "delayMs", "signal", "timeoutMs", "reason", "output", "expiresInMs", "metadata",
        ]
        let (handle, wait) = try await request.members(Self.handle + fields) { body in
            let handle = body.handle()
            _ = body.requiredText("kind")
            var wait = WorkWait(until: .resume)
            switch body.choice("kind", WaitKind.self) {
            case .timer?: wait.until = body.timer()
            case .signal?: wait.until = .signal(body.requiredText("signal") ?? "")
            case .token?:
                wait.until = .token(expiresIn: body.positiveSpan("expiresInMs"), metadata: body.object("metadata"))
            case .manual?, nil: break
            }
            wait.timeout = body.positiveSpan("timeoutMs")
            wait.reason = body.text("reason")
            wait.output = body.value("output")
            return (handle, wait)
        }
        return .json(try await engine.work.wait(handle, wait).json)
    }

    // MARK: - Signs of life

    /// One attempt, or with `items` several: an answer for each, in order.
    @Sendable private func heartbeat(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let fields = Self.handle + ["progress", "checkpoint"]
        let beats = try await request.members(fields + ["items"]) { body in
            guard let items = body.value("items") else { return [body.beat(nil)] }
            let shared = body.workerID()
            for field in fields where field != "workerId" && body.value(field) != nil {
                body.add(
                    .badValue, JSONPointer(tokens: [field]), "With \"items\", \(field.quoted) belongs to one of them.")
            }
            guard let list = items.array else {
                body.add(.wrongType, JSONPointer(tokens: ["items"]), #""items" must be a list."#)
                return []
            }
            return list.enumerated().map { index, item in
                var reader = BodyReader(item, known: fields, at: JSONPointer(tokens: ["items", String(index)]))
                let beat = reader.beat(shared)
                body.problems += reader.problems
                return beat
            }
        }
        let pulses = try await engine.work.heartbeat(beats)
        return .json(["items": .array(pulses.map(\.json))] as JSONObject)
    }
}

extension WorkAnswer {
    /// The shape that workers get.
    fileprivate var json: JSONObject {
        var object: JSONObject = ["execution": execution.json, "repeated": .bool(isRepeat)]
        if let token {
            object["token"] = .string(token.token)
            object["tokenId"] = .string(token.id.description)
            object["expiresAt"] = .string(token.expiresAt.description)
        }
        return object
    }
}
