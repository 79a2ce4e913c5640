public import SkeinCore

/// What a caller may say about an execution besides its flow and context.
public struct CreateOptions: Sendable {
    public enum Mismatch: Sendable, Hashable {
        /// The same key with another flow version or context is an error.
        case refuse
        /// The first execution is returned whatever was asked for.
        case returnExisting
    }

    public var flowVersion: String?
    public var tenantID: String?
    /// Unique within (tenant, flow) until its time is over: the same key gives the same execution.
    public var idempotencyKey: String?
    /// 1 s to 30 days. Default: 24 h.
    public var idempotencyTTL: Duration?
    public var onMismatch: Mismatch
    public var tag: String?
    /// -100 to 100, higher first.
    public var priority: Int
    /// Not before this span has passed. At most 10 years.
    public var delay: Duration?
    /// Not before this time; with `delay` the later of the two.
    public var runAt: Timestamp?
    public var executionTimeout: Duration?
    public var waitTimeout: Duration?
    /// False: runs only when `run` or `step` is called.
    public var autoRun: Bool
    public var parentID: ExecutionID?
    public var metadata: JSONObject?
    /// What it is called, for simulations: a world that is replayed has the same names. Nil: a new id.
    package var executionID: ExecutionID?
    /// What is said of its attempts, over what its flow says.
    package var terms: StepTerms?

    public init(
        flowVersion: String? = nil, tenantID: String? = nil, idempotencyKey: String? = nil,
        idempotencyTTL: Duration? = nil,
        onMismatch: Mismatch = .refuse, tag: String? = nil, priority: Int = 0, delay: Duration? = nil,
        runAt: Timestamp? = nil,
        executionTimeout: Duration? = nil, waitTimeout: Duration? = nil, autoRun: Bool = true,
        parentID: ExecutionID? = nil,
        metadata: JSONObject? = nil
    ) {
        self.flowVersion = flowVersion
        self.tenantID = tenantID
        self.idempotencyKey = idempotencyKey
        self.idempotencyTTL = idempotencyTTL
        self.onMismatch = onMismatch
        self.tag = tag
        self.priority = priority
        self.delay = delay
        self.runAt = runAt
        self.executionTimeout = executionTimeout
        self.waitTimeout = waitTimeout
        self.autoRun = autoRun
        self.parentID = parentID
        self.metadata = metadata
    }
}

/// What `create` did.
///
/// `created` is false when the idempotency key belonged to the execution already.
public typealias CreateResult = (execution: Execution, created: Bool)
