// What an execution is born with. It never changes, so every copy of an execution's state shares one object.

/// The first event of every log: which flow, for whom, with what.
public final class ExecutionCreation: Sendable {
    public let id: ExecutionID
    public let flowID: String
    public let flowVersion: String
    public let tenantID: String?
    public let context: JSONObject
    /// The bytes of the context's values as compact JSON.
    public let contextBytes: Int
    public let tag: String?
    public let priority: Int16
    public let metadata: JSONObject?
    public let idempotencyKey: String?
    public let parentID: ExecutionID?
    public let rootID: ExecutionID
    /// The round of the parent's children that it belongs to; nil: the parent does not wait for it.
    public let parentRound: Int64?
    /// Its place among the parent's children.
    public let ordinal: Int32
    /// How many ancestors it has.
    public let depth: Int
    public let executionTimeout: Duration?
    public let waitTimeout: Duration?
    /// What its creator says of its attempts.
    public let terms: StepTerms?
    /// False: nobody runs it until it is asked for by `run` or `step`.
    public let autoRun: Bool
    /// Who asked for it, as far as that is known.
    public let by: Intervention
    /// Its creator could not compare the context with the flow's schema and limits.
    public let isUnchecked: Bool
    /// The creator's clock.
    public let createdAt: Timestamp

    public init(
        id: ExecutionID, flowID: String, flowVersion: String, tenantID: String? = nil, context: JSONObject,
        tag: String? = nil,
        priority: Int16 = 0, metadata: JSONObject? = nil, idempotencyKey: String? = nil, parentID: ExecutionID? = nil,
        rootID: ExecutionID? = nil, parentRound: Int64? = nil, ordinal: Int32 = 0, depth: Int = 0,
        executionTimeout: Duration? = nil, waitTimeout: Duration? = nil, terms: StepTerms? = nil,
        autoRun: Bool = true, by: Intervention = Intervention(), isUnchecked: Bool = false, createdAt: Timestamp
    ) {
        self.by = by
        self.isUnchecked = isUnchecked
        self.id = id
        self.flowID = flowID
        self.flowVersion = flowVersion
        self.tenantID = tenantID
        self.context = context
        contextBytes = context.reduce(0) { $0 + $1.value.byteCount }
        self.tag = tag
        self.priority = priority
        self.metadata = metadata
        self.idempotencyKey = idempotencyKey
        self.parentID = parentID
        self.rootID = rootID ?? id
        self.parentRound = parentRound
        self.ordinal = ordinal
        self.depth = depth
        self.executionTimeout = executionTimeout
        self.waitTimeout = waitTimeout
        self.terms = terms
        self.autoRun = autoRun
        self.createdAt = createdAt
    }

    /// When the execution as a whole is out of time.
    public var deadline: Timestamp? { executionTimeout.map { createdAt + $0 } }
}

extension ExecutionCreation {
    /// The members of the `execution.created` event, without the type.
    func write(to writer: inout LogWriter) {
        writer.member("flow", flowID)
        writer.member("version", flowVersion)
        writer.member("context", JSONValue.object(context))
        writer.member("tenant", tenantID)
        writer.member("tag", tag)
        if priority != 0 { writer.member("priority", Int64(priority)) }
        if let metadata { writer.member("metadata", JSONValue.object(metadata)) }
        writer.member("key", idempotencyKey)
        if let parentID { writer.member("parent", parentID.raw) }
        if rootID != id { writer.member("root", rootID.raw) }
        writer.member("parentRound", parentRound)
        if ordinal != 0 { writer.member("ordinal", Int64(ordinal)) }
        if depth != 0 { writer.member("depth", Int64(depth)) }
        writer.member("executionTimeoutUs", executionTimeout?.microseconds)
        writer.member("waitTimeoutUs", waitTimeout?.microseconds)
        if let terms { writer.member("terms", terms.json) }
        if !autoRun { writer.member("autoRun", JSONValue.bool(false)) }
        if isUnchecked { writer.member("unchecked", JSONValue.bool(true)) }
        writer.member("createdAt", createdAt.microseconds)
        by.write(to: &writer)
    }

    public convenience init?(id: ExecutionID, _ object: JSONObject) {
        guard let flow = object["flow"]?.string, let version = object["version"]?.string,
            let createdAt = object["createdAt"]?.int64
        else {
            return nil
        }
        self.init(
            id: id, flowID: flow, flowVersion: version, tenantID: object["tenant"]?.string,
            context: object["context"]?.object ?? [:],
            tag: object["tag"]?.string, priority: object["priority"]?.int64.flatMap(Int16.init(exactly:)) ?? 0,
            metadata: object["metadata"]?.object, idempotencyKey: object["key"]?.string,
            parentID: object["parent"]?.string.flatMap { ExecutionID($0) },
            rootID: object["root"]?.string.flatMap { ExecutionID($0) },
            parentRound: object["parentRound"]?.int64, ordinal: Int32(clamping: object["ordinal"]?.int64 ?? 0),
            depth: object["depth"]?.int ?? 0,
            executionTimeout: object["executionTimeoutUs"]?.int64.map { .microseconds($0) },
            waitTimeout: object["waitTimeoutUs"]?.int64.map { .microseconds($0) }, terms: StepTerms(object["terms"]),
            autoRun: object["autoRun"]?.bool ?? true, by: Intervention(object),
            isUnchecked: object["unchecked"] == true,
            createdAt: Timestamp(microseconds: createdAt))
    }
}

extension ExecutionCreation: Equatable {
    private var bytes: [UInt8] {
        var writer = LogWriter()
        write(to: &writer)
        return writer.bytes
    }

    public static func == (lhs: ExecutionCreation, rhs: ExecutionCreation) -> Bool {
        lhs === rhs || (lhs.id == rhs.id && lhs.bytes == rhs.bytes)
    }
}
