public import SkeinCore

/// What is said of one task. Nil: as its handler has it, then as the engine's ``TaskConfiguration``.
public struct TaskOptions: Sendable {
    /// Not before this span has passed.
    public var delay: Duration?
    /// -100 to 100, higher first.
    public var priority: Int?
    /// The longest an attempt may take.
    public var timeout: Duration?
    /// The longest an attempt may give no sign of life.
    public var heartbeatTimeout: Duration?
    /// All attempts, the first one included; 0 and 1 mean one attempt.
    public var maxRetries: Int?
    /// Between two attempts.
    public var retryInterval: Duration?
    public var tag: String?
    public var tenantID: String?
    /// As ``CreateOptions/idempotencyKey``.
    public var idempotencyKey: String?
    public var metadata: JSONObject?

    public init(
        delay: Duration? = nil, priority: Int? = nil, timeout: Duration? = nil, heartbeatTimeout: Duration? = nil,
        maxRetries: Int? = nil, retryInterval: Duration? = nil, tag: String? = nil, tenantID: String? = nil,
        idempotencyKey: String? = nil, metadata: JSONObject? = nil
    ) {
        self.delay = delay
        self.priority = priority
        self.timeout = timeout
        self.heartbeatTimeout = heartbeatTimeout
        self.maxRetries = maxRetries
        self.retryInterval = retryInterval
        self.tag = tag
        self.tenantID = tenantID
        self.idempotencyKey = idempotencyKey
        self.metadata = metadata
    }
}

/// What a handler says of its tasks. Nil: as the engine's ``TaskConfiguration``.
public struct TaskHandlerOptions: Sendable, Hashable {
    public var priority: Int?
    public var timeout: Duration?
    public var heartbeatTimeout: Duration?
    /// All attempts, the first one included.
    public var maxRetries: Int?
    public var retryInterval: Duration?
    /// Tasks of this name that one instance runs at once. Nil: no limit of its own.
    public var maxConcurrentTasks: Int?
    /// The same for all instances together.
    public var maxConcurrentInCluster: Int?

    public init(
        priority: Int? = nil, timeout: Duration? = nil, heartbeatTimeout: Duration? = nil, maxRetries: Int? = nil,
        retryInterval: Duration? = nil, maxConcurrentTasks: Int? = nil, maxConcurrentInCluster: Int? = nil
    ) {
        self.priority = priority
        self.timeout = timeout
        self.heartbeatTimeout = heartbeatTimeout
        self.maxRetries = maxRetries
        self.retryInterval = retryInterval
        self.maxConcurrentTasks = maxConcurrentTasks
        self.maxConcurrentInCluster = maxConcurrentInCluster
    }
}

/// What holds for the tasks of an engine where neither the task nor its handler says otherwise.
public struct TaskConfiguration: Sendable, Hashable {
    /// Tasks that one instance runs at once. Default: 10.
    public var maxConcurrentTasks = 10
    public var priority = 0
    /// The longest an attempt may take. Nil: unlimited. Default: 60 s.
    public var timeout: Duration? = .seconds(60)
    /// The longest an attempt may give no sign of life. Default: unlimited, because the lease tells live workers from dead
    /// ones.
    public var heartbeatTimeout: Duration?
    /// All attempts, the first one included. Default: 3.
    public var maxRetries = 3
    /// Between two attempts. Default: none.
    public var retryInterval = Duration.zero
    /// What takes ended tasks away. Default: nothing.
    public var retention: TaskRetention?

    public init() {}
}

extension RetryPolicy {
    /// Of a task, which counts its first attempt.
    static func ofTask(maxRetries: Int, interval: Duration) -> RetryPolicy {
        .every(max(.zero, interval), atMost: max(0, maxRetries - 1))
    }
}
