import RedisClient
import Skein
import SkeinCore

/// Answers as `<execution id>:<fingerprint in hexadecimal>` under the scope's digest, with exactly the time to live
/// that is left.
struct RedisIdempotencyCache: IdempotencyCache {
    let gate: RedisGate
    let keys: RedisKeys

    func lookUp(_ scope: IdempotencyScope) async throws -> IdempotencyAnswer? {
        // An error reply, for a value of another type, is a miss like any other text that is no answer.
        let replies = try await gate.ask([["GET", keys.idempotency(scope)]])
        return replies.first?.string.flatMap(Self.parse)
    }

    func remember(_ answer: IdempotencyAnswer, for scope: IdempotencyScope, ttl: Duration) async throws {
        guard ttl.wholeMilliseconds > 0 else { return }
        let command = ["SET", keys.idempotency(scope), Self.format(answer), "PX", RedisKeys.milliseconds(ttl)]
        _ = try await gate.command(command)
    }

    static func format(_ answer: IdempotencyAnswer) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let fingerprint = answer.fingerprint.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return "\(answer.executionID):\(String(decoding: fingerprint, as: UTF8.self))"
    }

    static func parse(_ text: String) -> IdempotencyAnswer? {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let id = ExecutionID(String(parts[0])) else { return nil }
        let digits = parts[1].utf8.map { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count.isMultiple(of: 2) else { return nil }
        var fingerprint: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            fingerprint.append(UInt8(high << 4 | low))
        }
        return IdempotencyAnswer(executionID: id, fingerprint: fingerprint)
    }
}
