// Child executions: what a step asks for, what its execution remembers, and what came of them.

/// The children that a step started and, mostly, waits for.
public struct Spawn: Sendable, Hashable {
    public var flowID: String
    public var flowVersion: String
    /// The context of each child, in order.
    public var contexts: [JSONObject]
    /// At most this many at once.
    public var concurrency: Int
    /// Children that failed are results like others; false: the step fails with them.
    public var collects: Bool
    /// The result is a list, also for one child.
    public var isMap: Bool
    /// The step goes on when all have ended; false: when all have been started.
    public var awaits: Bool
    public var metadata: JSONObject?
    public var yields = ChildOutput.report
    /// When they were asked for, by the worker's clock: part of their ids.
    public var at: Timestamp
    /// Tells this round of children from others of the execution: the position of the event that asked for them, or what
    /// the step's code chose, below 0.
    package var round: Int64 = 0
    /// The step's code started them under this name, and goes on.
    package var name: String?
    /// The step's code is entered again when they have ended.
    package var stage: StageBreak?
    /// Which kind each child is of. Empty: all are of `flowID`, and as their parent.
    package var kinds: [ChildKind] = []
    /// For each child its place in `kinds`; empty: all are of the first.
    package var kindOfChild: [Int] = []

    public init(
        flowID: String, flowVersion: String, contexts: [JSONObject], concurrency: Int? = nil, collects: Bool = false,
        isMap: Bool = false, awaits: Bool = true, metadata: JSONObject? = nil, at: Timestamp
    ) {
        self.flowID = flowID
        self.flowVersion = flowVersion
        self.contexts = contexts
        self.concurrency = max(1, concurrency ?? contexts.count)
        self.collects = collects
        self.isMap = isMap
        self.awaits = awaits
        self.metadata = metadata
        self.at = at
    }
}

/// What children of one round may have in common.
package struct ChildKind: Sendable, Hashable {
    package var flowID: String
    package var flowVersion: String
    package var terms: StepTerms?
    package var priority: Int16?
    package var tag: String?

    package init(
        flowID: String, flowVersion: String, terms: StepTerms? = nil, priority: Int16? = nil, tag: String? = nil
    ) {
        self.flowID = flowID
        self.flowVersion = flowVersion
        self.terms = terms
        self.priority = priority
        self.tag = tag
    }

    var json: JSONValue {
        var object: JSONObject = ["flow": .string(flowID), "version": .string(flowVersion)]
        object["terms"] = terms?.json
        object["priority"] = priority.map { .int(Int64($0)) }
        object["tag"] = tag.map { .string($0) }
        return .object(object)
    }

    init?(_ json: JSONValue) {
        guard let flow = json["flow"]?.string, let version = json["version"]?.string else { return nil }
        self.init(
            flowID: flow, flowVersion: version, terms: StepTerms(json["terms"]),
            priority: json["priority"]?.int64.flatMap(Int16.init(exactly:)), tag: json["tag"]?.string)
    }
}

/// What a step gets of a child that completed.
public enum ChildOutput: String, Sendable, Hashable, CaseIterable {
    /// Of one child `{childExecutionId, flowId, status, context, result?}`, in a list its result, else its context.
    case report
    case context
    case result
}

/// How one child ended; for children that nobody waits for, that it was started.
public struct ChildOutcome: Sendable, Hashable {
    public var id: ExecutionID
    public var status: ExecutionStatus
    public var result: JSONValue?
    public var context: JSONObject
    public var error: Failure?

    public init(
        id: ExecutionID, status: ExecutionStatus, result: JSONValue? = nil, context: JSONObject = [:],
        error: Failure? = nil
    ) {
        self.id = id
        self.status = status
        self.result = result
        self.context = context
        self.error = error
    }
}

extension ChildOutcome {
    /// The same without its context.
    var brief: JSONValue {
        var copy = self
        copy.context = [:]
        return copy.json
    }

    /// `{childExecutionId, status, context, result?, error?}`
    package var json: JSONValue {
        var object: JSONObject = [
            "childExecutionId": .string(id.description), "status": .string(status.rawValue),
            "context": .object(context),
        ]
        object["result"] = result
        object["error"] = error?.json
        return .object(object)
    }

    package init?(_ json: JSONValue) {
        guard let id = json["childExecutionId"]?.string.flatMap({ ExecutionID($0) }),
            let status = json["status"]?.string.flatMap(ExecutionStatus.init(rawValue:))
        else { return nil }
        self.init(
            id: id, status: status, result: json["result"], context: json["context"]?.object ?? [:],
            error: Failure(json["error"]))
    }
}

extension Spawn {
    package var json: JSONValue {
        var object: JSONObject = [
            "flow": .string(flowID), "version": .string(flowVersion), "contexts": .array(contexts.map { .object($0) }),
            "concurrency": .int(Int64(concurrency)), "at": .int(at.microseconds), "round": .int(round),
        ]
        if collects { object["collects"] = true }
        if isMap { object["isMap"] = true }
        if !awaits { object["awaits"] = false }
        if let metadata { object["metadata"] = .object(metadata) }
        if let name { object["name"] = .string(name) }
        if yields != .report { object["yields"] = .string(yields.rawValue) }
        object["stage"] = stage?.json
        if !kinds.isEmpty { object["kinds"] = .array(kinds.map(\.json)) }
        if !kindOfChild.isEmpty { object["kindOf"] = .array(kindOfChild.map { .int(Int64($0)) }) }
        return .object(object)
    }

    /// The kind of one of them; nil: that of the round as a whole.
    package func kind(of ordinal: Int) -> ChildKind? {
        guard !kinds.isEmpty else { return nil }
        let index = kindOfChild.indices.contains(ordinal) ? kindOfChild[ordinal] : 0
        return kinds.indices.contains(index) ? kinds[index] : nil
    }

    /// Why a step waits for them, for people.
    var purpose: String {
        let flows = Set(kinds.map(\.flowID))
        guard flows.count < 2 else { return "waits for \(contexts.count) executions of \(flows.count) flows" }
        return "waits for \(contexts.count) executions of '\(flows.first ?? flowID)'"
    }

    /// What the next stage is told of them: what became of each, or where that is.
    func report(of outcomes: [ChildOutcome]) -> JSONValue {
        let told = JSONValue.array(outcomes.map(\.brief))
        return told.byteCount > ChildReference.threshold ? ChildReference(self).json : told
    }

    package init?(_ json: JSONValue?) {
        guard let object = json?.object, let flow = object["flow"]?.string, let version = object["version"]?.string,
            let contexts = object["contexts"]?.array, let at = object["at"]?.int64
        else { return nil }
        self.init(
            flowID: flow, flowVersion: version, contexts: contexts.map { $0.object ?? [:] },
            concurrency: object["concurrency"]?.int, collects: object["collects"] == true,
            isMap: object["isMap"] == true, awaits: object["awaits"] != false, metadata: object["metadata"]?.object,
            at: Timestamp(microseconds: at))
        round = object["round"]?.int64 ?? 0
        name = object["name"]?.string
        yields = object["yields"]?.string.flatMap(ChildOutput.init(rawValue:)) ?? .report
        stage = StageBreak(object["stage"])
        kinds = (object["kinds"]?.array ?? []).compactMap { ChildKind($0) }
        kindOfChild = (object["kindOf"]?.array ?? []).compactMap(\.int)
    }
}
