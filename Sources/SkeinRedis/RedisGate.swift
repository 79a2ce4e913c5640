import Logging
import RedisClient
import Skein
import Synchronization

/// The way every command takes: a budget, and a breaker that refuses at once while Redis is down, slow or refusing.
///
/// Opens when the connection is lost or when several calls in a row find Redis unavailable; a probe about once a second
/// closes it again. The probe writes, for a demoted primary, a full memory or a failing disk answers `PING` as if all
/// were well.
final class RedisGate: Sendable {
    private struct State {
        var breaker: Breaker
        var incarnation = Incarnation()
        var reason = ""
        /// Kinds of refusals that were logged; bounded by the number of kinds that Redis has.
        var reported: Set<RedisError.Code> = []
    }

    let client: RedisClient
    private let keys: RedisKeys
    private let options: RedisCoordinationOptions
    private let logger: Logger
    private let metrics: CoordinationMetrics
    private let onLookForAnything: @Sendable (_ reason: String) -> Void
    private let bell = Doorbell()
    private let state: Mutex<State>

    /// Makes a gate that is open to commands.
    ///
    /// - Parameter onLookForAnything: called when something may have been missed: Redis is back, or has forgotten
    ///   everything.
    init(
        client: RedisClient, keys: RedisKeys, options: RedisCoordinationOptions, logger: Logger,
        metrics: CoordinationMetrics,
        onLookForAnything: @escaping @Sendable (_ reason: String) -> Void
    ) {
        self.client = client
        self.keys = keys
        self.options = options
        self.logger = logger
        self.metrics = metrics
        self.onLookForAnything = onLookForAnything
        state = Mutex(State(breaker: Breaker(failuresToOpen: options.failuresToOpen)))
    }

    /// False while commands are refused at once.
    var isUp: Bool { state.withLock { !$0.breaker.isOpen } }

    /// Sends one command, within the budget.
    ///
    /// - Throws: `CoordinationUnavailable`, or `CancellationError`.
    func command(_ parts: [String]) async throws -> RedisReply {
        let client = client
        return try await perform { try await Deadline.within(self.options.budget) { try await client.command(parts) } }
    }

    /// Sends commands together, within the budget. Replies may be errors of single commands.
    ///
    /// - Throws: `CoordinationUnavailable`, also when one reply says that Redis as a whole is unavailable, or
    ///   `CancellationError`.
    func ask(_ commands: [[String]]) async throws -> [RedisReply] {
        let client = client
        return try await perform {
            try await Deadline.within(self.options.budget) { try await self.sound(client.pipeline(commands)) }
        }
    }

    /// Runs a script, within the budget.
    ///
    /// - Throws: `CoordinationUnavailable`, or `CancellationError`.
    func eval(_ script: RedisScript, key: String, _ arguments: [String]) async throws -> RedisReply {
        try await eval(script, keys: [key], arguments)
    }

    func eval(_ script: RedisScript, keys: [String], _ arguments: [String]) async throws -> RedisReply {
        let client = client
        return try await perform {
            try await Deadline.within(self.options.budget) {
                try await client.eval(script, keys: keys, arguments: arguments)
            }
        }
    }

    /// The same from the background, where only the client's own time-out counts.
    func pipeline(_ commands: [[String]]) async throws -> [RedisReply] {
        try await perform { try await self.sound(self.client.pipeline(commands)) }
    }

    /// Looks after the service: asks whether it is back, or for a sign of life, and whether it has forgotten
    /// everything.
    func run() async {
        while !Task.isCancelled {
            await look()
            let (isOpen, failures) = state.withLock { ($0.breaker.isOpen, $0.breaker.failures) }
            if isOpen {
                await bell.wait(atMost: options.probeInterval * .random(in: 0.75...1.25))
            } else {
                await bell.wait(
                    atMost: failures > 0 ? .milliseconds(100) : options.idleInterval * .random(in: 0.88...1.12))
            }
        }
    }

    /// Makes `run` look at once.
    func lookSoon() { bell.ring() }

    /// Asks now, whatever the breaker thinks, and closes it when the answer is as it should be.
    ///
    /// - Throws: `RedisError` when Redis does not answer within the budget or refuses to write.
    func probe() async throws {
        let create = ["SET", keys.incarnation, Self.newMark(), "NX", "EX", "3600"]
        let commands = [create, readMark]
        let client = client
        let replies = try await Deadline.within(options.budget) { try await self.sound(client.pipeline(commands)) }
        try await take(replies.last)
        recovered()
    }

    private func look() async {
        do {
            guard isUp else { return try await probe() }
            let reply = try await ask([readMark]).first
            guard reply?.isNull == false else {
                found(nil)
                return try await probe()
            }
            try await take(reply)
        } catch {
            // Counted and logged where it was found; the next look follows.
            state.withLock { if $0.breaker.isOpen { $0.reason = "\(error)" } }
        }
    }

    /// Reads the mark and lets it live on.
    private var readMark: [String] { ["GETEX", keys.incarnation, "EX", "3600"] }

    private static func newMark() -> String { String(UInt64.random(in: .min ... .max), radix: 16) }

    private func take(_ reply: RedisReply?) async throws {
        guard let error = reply?.serverError else {
            found(reply?.string)
            return
        }
        guard error.code == .server("WRONGTYPE") else { return refused(error) }
        // Somebody has put something else where the mark was.
        let mark = Self.newMark()
        _ = try await client.command(["SET", keys.incarnation, mark, "EX", "3600"])
        found(mark)
    }

    private func found(_ mark: String?) {
        switch state.withLock({ $0.incarnation.saw(mark) }) {
        case .same, .first, .missing(wasKnown: false): break
        case .replaced, .missing(wasKnown: true):
            metrics.flushed()
            logger.info("redis has forgotten everything; looking at the store")
            onLookForAnything("flushed")
        }
    }

    private func sound(_ replies: [RedisReply]) throws(RedisError) -> [RedisReply] {
        for reply in replies {
            if let error = reply.serverError, Self.isUnavailable(error) { throw error }
        }
        return replies
    }

    private func perform<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        let refusal = state.withLock { $0.breaker.isOpen ? $0.reason : nil }
        if let refusal {
            metrics.unavailable()
            throw CoordinationUnavailable(service: "redis", reason: refusal)
        }
        do {
            let value = try await body()
            state.withLock { $0.breaker.answered() }
            return value
        } catch let error as RedisError {
            if error.code == .cancelled, Task.isCancelled { throw CancellationError() }
            failed(error)
            throw CoordinationUnavailable(service: "redis", reason: "\(error)")
        }
    }

    private func failed(_ error: RedisError) {
        metrics.unavailable()
        guard Self.isUnavailable(error) else { return refused(error) }
        let change = state.withLock { state in
            state.reason = "\(error)"
            return state.breaker.failed(isConnectionLost: error.code == .connection)
        }
        guard change == .opened else { return }
        logger.warning(
            "redis is unavailable: work goes on by PostgreSQL alone and starts a little later; check the server",
            metadata: [LoggingKeys.error: "\(error)", LoggingKeys.address: "\(client.configuration.address)"])
        metrics.upChanged(false)
        bell.ring()
    }

    private func recovered() {
        guard state.withLock({ $0.breaker.recovered() }) == .closed else { return }
        logger.info("redis is back", metadata: [LoggingKeys.address: "\(client.configuration.address)"])
        metrics.upChanged(true)
        onLookForAnything("redis is back")
    }

    /// A command is at fault, not the service: a missing permission, an old version, a key of another type.
    private func refused(_ error: RedisError) {
        let isNew = state.withLock { state in
            state.breaker.answered()
            return state.reported.count < 16 && state.reported.insert(error.code).inserted
        }
        guard isNew else { return }
        logger.warning(
            "redis refuses a command: check its version (6.2 or later), the user's permissions and the prefix",
            metadata: [LoggingKeys.error: "\(error)"])
    }

    static func isUnavailable(_ error: RedisError) -> Bool {
        error.isUnavailable || error.code == .closed || error.code == .server("NOSCRIPT")
    }
}
