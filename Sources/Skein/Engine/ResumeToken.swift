import Crypto
public import SkeinCore

/// A key to one wait: whoever has it may end the wait once, with data of their own.
///
/// It is shown once, to its maker: the store keeps only its digest. It prints without its secret.
public struct ResumeToken: Sendable, Hashable, CustomStringConvertible {
    /// The secret: 32 random bytes as base64url, 43 characters that need no escape in a URL.
    public let token: String
    /// Names the token in lists and for revocation. Not secret.
    public let id: TokenID
    public let executionID: ExecutionID
    /// The step whose wait it ends.
    public let stepID: StepID
    public let expiresAt: Timestamp

    public var description: String { "resume token \(id) of step '\(stepID)'" }
}

/// Makes tokens and keeps them.
struct TokenMaker {
    /// How long a token lasts unless its maker says otherwise.
    static let lifetime = Duration.seconds(7 * 86_400)
    private static let longest = Duration.seconds(3_650 * 86_400)
    private static let metadataLimit = 16_384
    static let textLength = 43

    let store: any TokenStore
    let clock: any EngineClock

    /// Everything that is wrong with what a maker asks for, with its place in a request.
    static func problems(expiresIn: Duration?, metadata: JSONObject?) -> [Problem] {
        var problems: [Problem] = []
        func add(_ field: String, _ message: String) {
            problems.append(Problem(code: "INVALID_VALUE", pointer: JSONPointer(tokens: [field]), message: message))
        }
        if let expiresIn, expiresIn < .milliseconds(1) || expiresIn > longest {
            add("expiresInMs", "must be between 1 ms and 10 years")
        }
        if let metadata, JSONValue.object(metadata).byteCount > metadataLimit || !JSONValue.object(metadata).isStorable
        {
            add("metadata", "must have at most 16 KiB and no NUL characters")
        }
        return problems
    }

    /// Makes a token. Nil: its execution has ended.
    ///
    /// - Parameters:
    ///   - latest: when the wait ends by itself: the token does not last longer.
    ///   - isTold: whether its execution is told by a note; false: the caller writes it into the log.
    func make(
        for id: ExecutionID, _ target: TokenTarget, expiresIn: Duration?, latest: Timestamp?, metadata: JSONObject?,
        isTold: Bool
    ) async throws -> ResumeToken? {
        let now = clock.now
        let token = ResumeToken(
            token: Self.secret(), id: TokenID(raw: .v7(at: now, random: Mixer.next().0)), executionID: id,
            stepID: target.stepID, expiresAt: min(now + (expiresIn ?? Self.lifetime), latest ?? .distantFuture))
        let new = NewToken(
            id: token.id, executionID: id, target: target, hash: Self.hash(token.token), createdAt: now,
            expiresAt: token.expiresAt, metadata: metadata ?? [:])
        let note = InboxMessage(
            executionID: id, operationID: .new(), kind: .note, name: "token", payload: token.note.json)
        return try await store.createToken(new, note: isTold ? note : nil) ? token : nil
    }

    /// What the store looks a token up by. A digest tells nothing by the time it takes to compare it.
    static func hash(_ token: String) -> [UInt8] { Array(SHA256.hash(data: Array(token.utf8))) }

    private static func secret() -> String {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<4).flatMap { _ in withUnsafeBytes(of: generator.next()) { Array($0) } }
        return base64URL(bytes)
    }

    /// RFC 4648, section 5, without padding.
    static func base64URL(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var text: [UInt8] = []
        var buffer: UInt32 = 0
        var bits = 0
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(alphabet[Int(buffer >> UInt32(bits) & 63)])
            }
            buffer &= 1 << UInt32(bits) - 1
        }
        if bits > 0 { text.append(alphabet[Int(buffer << UInt32(6 - bits) & 63)]) }
        return String(decoding: text, as: UTF8.self)
    }
}

extension ResumeToken {
    var note: TokenNote { TokenNote(.created, id, stepID: stepID, expiresAt: expiresAt) }
}
