import NIOHTTP1
import Skein
import SkeinCore

/// `http`: one request to a server, repeated only where that is safe or asked for.
///
/// Sends `Idempotency-Key`, the same for all attempts of the step, and `traceparent`, unless the step gives them.
/// Connects to addresses that the egress policy permits, resolved and checked at every attempt; redirects are not
/// followed: a 3xx is a status like others. An answer with an expected status is the output.
///
/// Failures:
/// - HTTP_ERROR `{status, body}`: another status. Retried by the step's policy for 408, 425, 429 and 5xx only; 429 and
///   503 are not repeated before their Retry-After.
/// - RESPONSE_TOO_LARGE `{status, limitBytes}`, not retried.
/// - REQUEST_FAILED `{attempts}`: no answer. Repeated `retries` times by the handler itself, and by the step's policy.
/// - TIMEOUT: no complete answer within `timeoutMs`, for each attempt.
/// - EGRESS_DENIED, INPUT_ERROR, SECRET_NOT_FOUND, not retried.
struct HTTPHandler: BuiltinHandler {
    private let exchange: HTTPExchange
    private let secrets: any SecretSource

    init(_ configuration: BuiltinHandlers.Configuration) {
        exchange = HTTPExchange(
            policy: configuration.egress, resolver: configuration.resolver, clients: PinnedClients(configuration.http),
            maxBytes: configuration.maxResponseBytes)
        secrets = configuration.secrets
    }

    @concurrent func execute(_ input: JSONValue, _ step: StepContext) async throws -> StepResult<JSONValue> {
        let parameters = Parameters(input, step, literal: ["auth"])
        do {
            var call = try HTTPCall(parameters, step)
            if let auth = parameters["auth"] { try await HTTPAuth(auth).apply(to: &call.headers, secrets) }
            return try await run(call, step)
        } catch let denial as EgressDenial {
            return .failure("EGRESS_DENIED", denial.description, isRetryable: false)
        } catch let error as BodyTooLarge {
            return .failure(
                "RESPONSE_TOO_LARGE", "the response's body has more than \(error.limit) bytes",
                details: ["status": .int(Int64(error.status)), "limitBytes": .int(Int64(error.limit))],
                isRetryable: false)
        }
    }

    private func run(_ call: HTTPCall, _ step: StepContext) async throws -> StepResult<JSONValue> {
        let exchange = exchange
        let started = step.clock.monotonic
        for attempt in 1... {
            do {
                let answer = try await Deadline.run(call.timeout, clock: step.clock) { try await exchange.send(call) }
                guard !call.expect.contains(Int(answer.status.code)) else {
                    return .success(answer.output(after: step.clock.monotonic - started))
                }
                return .failed(Self.failure(answer, now: step.now))
            } catch is DeadlineExceeded {
                return .failure("TIMEOUT", "no complete answer within \(call.timeout.wholeMilliseconds) ms")
            } catch let error where Self.isTransient(error) {
                try Task.checkCancellation()
                guard attempt <= call.retries else {
                    return .failure(
                        "REQUEST_FAILED", "no answer from \(call.url.hostText): \(error)",
                        details: ["attempts": .int(Int64(attempt))])
                }
                try await step.clock.sleep(for: Self.backoff(attempt))
            }
        }
        preconditionFailure("attempts have no end of their own")
    }

    private static func isTransient(_ error: any Error) -> Bool {
        !(error is EgressDenial || error is BodyTooLarge || error is StepFailure || error is CancellationError)
    }

    /// 100 ms, doubled each time, at most 5 s.
    private static func backoff(_ attempt: Int) -> Duration {
        min(.seconds(5), .milliseconds(100 << (attempt - 1)))
    }

    private static func failure(_ answer: HTTPAnswer, now: Timestamp) -> StepFailure {
        let status = Int(answer.status.code)
        let isRetryable = [408, 425, 429].contains(status) || status >= 500
        var retryAfter: Duration?
        if status == 429 || status == 503, let value = answer.headers.first(name: "retry-after") {
            retryAfter = RetryAfter.read(value, now: now)
        }
        let message = "the server answered \(status) \(LogHandler.printable(answer.status.reasonPhrase))"
        var failure = StepFailure(
            Failure("HTTP_ERROR", message, details: answer.details), isRetryable: isRetryable, retryAfter: retryAfter)
        // Whoever shares a limit with this step would be told the same.
        failure.closesLimits = status == 429
        return failure
    }
}
