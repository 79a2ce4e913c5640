public import SkeinCore

/// How one instance behaves. Durations are spans of the monotonic clock.
public struct EngineConfiguration: Sendable {
    /// This life of this instance. Default: a new id.
    public var workerID: WorkerID?
    /// The place it runs in; a new worker of the same pod supersedes the old one.
    public var podID: String?
    /// Executions in progress at once, a sixteenth of them kept for those that are created here. Default: 256.
    public var concurrency = 256
    /// How long before their time timers are claimed and loaded, so that many of one instant fire at that instant; half of
    /// the slots at most are given to them. Default: 100 ms.
    public var lookahead: Duration = .milliseconds(100)
    /// How long an execution stays with a silent owner. Default: 10 s.
    public var lease: Duration = .seconds(10)
    /// How often an instance looks by itself while the coordination service is up. Default: 5 s, ±20 %.
    public var sweep: Duration = .seconds(5)
    /// How often while it is down. Default: 250 ms.
    public var degradedSweep: Duration = .milliseconds(250)
    /// How long running handlers may go on after a graceful shutdown began. Default: 30 s.
    public var grace: Duration = .seconds(30)
    /// How long an execution waits for a live worker that has its handler. Default: 10 minutes.
    public var handlerWait: Duration = .seconds(600)
    /// For steps without a timeout. Default: none.
    public var defaultTimeout: Duration?
    /// Extra attempts for steps without a retry policy. Default: none.
    public var defaultRetries: RetryPolicy?
    /// For waits without an end of their own. Default: 7 days.
    public var waitTimeout: Duration = .seconds(7 * 86_400)
    /// Ended attempts an execution may have, unless its flow says otherwise. Default: 1,000.
    public var maxSteps = 1_000
    /// Rows between two snapshots of an execution that never parks. Default: 100.
    public var snapshotEvery = 100
    /// Rows in one transaction at most. Default: 500.
    public var batchLimit = 500
    /// An attempt that runs longer than this leaves a `step.started` event. Default: 1 s.
    public var startedMarker: Duration = .seconds(1)
    /// How long an idempotency key is kept unless the caller says otherwise. Default: 24 h.
    public var idempotencyTTL: Duration = .seconds(86_400)

    /// Workers that an execution may lose, one after the other and without coming further, before it is quarantined:
    /// paused with the error QUARANTINED. Default: 5.
    public var quarantineAfter = 5
    /// How long the second owner after a crash waits before it tries again; doubles with every further one, up to a
    /// minute. Default: 1 s.
    public var crashBackoff: Duration = .seconds(1)
    /// The share of the slots whose handlers ignore their end at which the instance stops, so that another takes its
    /// place: `run` then throws. Default: never.
    public var recycleAt: Double?
    /// False: the instance leaves alone what dead or silent workers still hold, and takes what they let go. Default: true.
    public var recoversRunning = true
    /// The time zone of cron expressions that name none. Default: UTC.
    public var timeZone = "UTC"
    /// False: the instance creates, answers and signals, but runs nothing. Default: true.
    public var claims = true
    /// Whether other instances may have handlers that this one lacks. Default: whether the coordination is shared.
    public var isClustered: Bool?

    /// How long what has ended is kept: looked at every ten minutes by the instance that does the chores. Default: for ever.
    public var retention: RetentionPolicy?

    /// What holds for tasks that say nothing of it.
    public var tasks = TaskConfiguration()

    public init() {}

    var policy: DecisionPolicy {
        DecisionPolicy(
            retry: defaultRetries, waitTimeout: waitTimeout, maxSteps: maxSteps, crashLimit: max(1, quarantineAfter))
    }
}
