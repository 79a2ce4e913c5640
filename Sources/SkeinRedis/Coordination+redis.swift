public import Logging
import RedisClient
public import Skein

extension Coordination {
    /// Coordination among all instances that use one Redis and one prefix.
    ///
    /// Nothing is connected before the first use or `run`. Whatever cannot be asked of Redis throws
    /// `CoordinationUnavailable`, after the budget at the latest and at once while the breaker is open.
    ///
    /// - Parameters:
    ///   - url: `redis://[user:password@]host[:port][/database]`, `rediss://…` for TLS, or `redis+unix://…/path`.
    ///   - prefix: what all keys and channels begin with; different clusters use different ones. Default: `skein`.
    ///   - logger: hears when Redis is given up and when it is back.
    ///   - clock: the engine's clock, for due times and for when locks were taken.
    ///   - options: budgets and bounds.
    ///   - metrics: hears what happens, for counters.
    /// - Throws: when the URL cannot be used; the message contains no password.
    public static func redis(
        _ url: String, prefix: String = "skein", logger: Logger, clock: any EngineClock = SystemClock(),
        options: RedisCoordinationOptions = RedisCoordinationOptions(),
        metrics: CoordinationMetrics = CoordinationMetrics()
    ) throws -> Coordination {
        var configuration = try RedisConfiguration(url: url)
        configuration.commandTimeout = options.commandTimeout
        configuration.connectTimeout = options.connectTimeout
        configuration.keepaliveInterval = .seconds(5)
        let client = RedisClient(configuration: configuration, logger: logger)
        let keys = RedisKeys(prefix: prefix)
        let heard = Broadcast(capacity: 1_024, overflow: WakeHint(executionID: nil, reason: "overflow"))
        let eventsBell = Doorbell()
        let gate = RedisGate(client: client, keys: keys, options: options, logger: logger, metrics: metrics) { reason in
            heard.yield(WakeHint(executionID: nil, reason: reason))
            eventsBell.ring()
        }
        let wakes = RedisWakeSignaler(
            gate: gate, keys: keys, clock: clock, options: options, metrics: metrics, heard: heard)
        let events = RedisEventBroadcaster(gate: gate, keys: keys, options: options, metrics: metrics, bell: eventsBell)
        return Coordination(
            locks: RedisLockManager(gate: gate, keys: keys, clock: clock), wakes: wakes,
            idempotency: RedisIdempotencyCache(gate: gate, keys: keys),
            leaders: RedisLeaderElection(gate: gate, keys: keys),
            events: events, health: RedisHealth(gate: gate)
        ) {
            await withDiscardingTaskGroup { group in
                group.addTask { await gate.run() }
                group.addTask { await wakes.run() }
                group.addTask { await events.run() }
            }
        }
    }
}
