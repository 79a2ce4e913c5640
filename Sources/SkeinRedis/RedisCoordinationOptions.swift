/// The bounds of coordination over Redis.
public struct RedisCoordinationOptions: Sendable, Hashable {
    /// The longest a caller waits for one answer; then it goes on without Redis. Default: 50 ms.
    public var budget: Duration = .milliseconds(50)
    /// The longest that work in the background waits; after it the connection counts as dead. Default: 500 ms.
    public var commandTimeout: Duration = .milliseconds(500)
    /// The longest that connecting and logging in may take. Default: 1 s.
    public var connectTimeout: Duration = .seconds(1)
    /// Calls in a row that must find Redis unavailable before the breaker opens; a lost connection opens it at once.
    /// Default: 3.
    public var failuresToOpen = 3
    /// How often a service that is down is asked whether it is back, ±25 %. Default: 1 s.
    public var probeInterval: Duration = .seconds(1)
    /// How often a service that is up is asked for a sign of life, ±12 %. Default: 2 s.
    public var idleInterval: Duration = .seconds(2)
    /// The shortest pause between two flushes of wakes or events: coalesces what comes meanwhile. Default: 5 ms.
    public var linger: Duration = .milliseconds(5)
    /// That pause while very many executions have events. Default: 200 ms.
    public var busyLinger: Duration = .milliseconds(200)
    /// Hints that wait for a flush at most; the oldest go first. Default: 100,000.
    public var maximumHints = 100_000
    /// Executions whose events wait for a flush at most; the oldest go first. Default: 50,000.
    public var maximumNotices = 50_000
    /// Timers further ahead are left to the store. Default: 10 minutes.
    public var horizon: Duration = .seconds(600)
    /// Executions in the sorted set at most; the latest go first. Default: one million.
    public var maximumDue = 1_000_000

    public init() {}
}
