// Finds the moment of a commit in one connection's traffic, and decides what becomes of it. A value: it decides, the
// connection acts.

import NIOCore

/// Follows both directions of a connection between a client and PostgreSQL.
struct CommitWatch {
    /// What is done to a commit.
    enum Ambush: Sendable, Equatable {
        /// The server gets it, and the client no answer: it took place, and nobody knows.
        case swallowReply
        /// The server never gets it: it did not take place, and nobody knows.
        case dropCommit
    }

    /// What a pipeline with a statement that is worth it does.
    enum Occasion: Sendable, Equatable {
        case commit, claim
    }

    /// What to do with some bytes.
    struct Verdict {
        var forward: ByteBuffer
        /// The ambush is complete: close both ends.
        var closes: Ambush?
        /// To be forwarded later.
        var late: ByteBuffer?
    }

    /// The statements whose transactions are worth an ambush: appends, keyed creations, signals, cancels.
    static let targets: Set<String> = ["append", "append_unless_taken", "commit", "create_keyed", "send", "cancel"]

    private static let claims: Set<String> = ["claim", "claim_these"]

    private var client = PostgresFrames(isClient: true)
    private var server = PostgresFrames(isClient: false)
    /// The pipeline at hand has a statement that is worth it.
    private var occasion: Occasion?
    private var syncsSent = 0
    private var syncsAnswered = 0
    /// The answer to this Sync is not delivered.
    private var swallowed: Int?
    private var isOver = false

    /// - Parameters:
    ///   - stalls: asked once per claim, whether it comes in two pieces.
    ///   - ambush: asked once per commit or claim that is worth it.
    mutating func fromClient(_ bytes: ByteBuffer, stalls: () -> Bool = { false }, ambush: (Occasion) -> Ambush?)
        -> Verdict
    {
        var verdict = Verdict(forward: ByteBuffer())
        guard !isOver else { return verdict }
        for message in client.take(bytes) {
            if let name = message.boundStatement {
                if Self.targets.contains(name) { occasion = .commit }
                if Self.claims.contains(name) { occasion = .claim }
            }
            if message.type == UInt8(ascii: "S") {
                defer { occasion = nil }
                if let occasion, swallowed == nil, let plan = ambush(occasion) {
                    switch plan {
                    case .dropCommit:
                        isOver = true
                        verdict.closes = .dropCommit
                        return verdict
                    case .swallowReply: swallowed = syncsSent + 1
                    }
                }
                syncsSent += 1
            }
            if message.type == UInt8(ascii: "Q") { syncsSent += 1 }
            var part = message.bytes
            if verdict.late != nil {
                verdict.late?.writeBuffer(&part)
                continue
            }
            verdict.forward.writeBuffer(&part)
            if let name = message.boundStatement, Self.claims.contains(name), stalls() { verdict.late = ByteBuffer() }
        }
        return verdict
    }

    mutating func fromServer(_ bytes: ByteBuffer) -> Verdict {
        var verdict = Verdict(forward: ByteBuffer())
        guard !isOver else { return verdict }
        for message in server.take(bytes) {
            // The first ReadyForQuery ends the handshake; it answers no Sync.
            let isReady = message.type == UInt8(ascii: "Z")
            if isReady { syncsAnswered += 1 }
            if let swallowed, syncsAnswered >= swallowed + (isReady ? 1 : 0) {
                guard isReady else { continue }
                isOver = true
                verdict.closes = .swallowReply
                return verdict
            }
            var part = message.bytes
            verdict.forward.writeBuffer(&part)
        }
        return verdict
    }
}
