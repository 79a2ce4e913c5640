// The snapshot that the execution's row keeps when it parks and ends. What `creation` holds is not repeated: the log's
// first row has it.

extension ExecutionState {
    public func snapshot() -> [UInt8] {
        var writer = LogWriter(capacity: contextBytes + 1_024)
        writer.open()
        writer.member("status", status.rawValue)
        writer.member("context", JSONValue.object(context))
        writer.member("contextBytes", Int64(contextBytes))
        writer.member("stepCount", Int64(stepCount))
        writer.member("moves", Int64(moves))
        writer.member("position", position)
        writer.member("branches", JSONValue.array(branches.map(\.json)))
        if isBranched { writer.member("branched", JSONValue.bool(true)) }
        writeRare(to: &writer)
        writer.member("result", result)
        if result == nil { writer.member("lastOutput", lastOutput) }
        writer.member("error", error?.json)
        if let cancellation { writer.member("cancellation", JSONValue.object(cancellation.object)) }
        writer.member("cancelledAt", cancelledAt?.microseconds)
        writer.member("startedAt", startedAt?.microseconds)
        writer.member("endedAt", endedAt?.microseconds)
        writer.member("updatedAt", updatedAt.microseconds)
        writer.member("lastEvent", lastEvent)
        writer.member("chain", chain?.hex)
        writer.close()
        return writer.bytes
    }

    /// What most executions have nothing of.
    private func writeRare(to writer: inout LogWriter) {
        if isPaused { writer.member("paused", JSONValue.bool(true)) }
        if crashes > 0 { writer.member("crashes", Int64(crashes)) }
        if hasChildren { writer.member("hasChildren", JSONValue.bool(true)) }
        if wasReopened { writer.member("wasReopened", JSONValue.bool(true)) }
        writer.member("rollback", rollback?.json)
        writer.member("progress", progress?.json)
        if !undo.isEmpty { writer.member("undo", JSONValue.array(undo.map(\.json))) }
        if !results.isEmpty { writer.member("results", JSONValue.object(results)) }
        if !joins.isEmpty {
            let joins = joins.map {
                ($0.key.rawValue, JSONValue.array($0.value.map(\.rawValue).sorted().map { .string($0) }))
            }
            writer.member("joins", JSONValue.object(JSONObject(joins.sorted { $0.0 < $1.0 })))
        }
        writer.member("branchFailure", branchFailure?.json)
        writer.member(strings: failedSteps.map(\.rawValue), "failedSteps")
        if !writers.isEmpty {
            let writers = writers.map { ($0.key, JSONValue.string($0.value.rawValue)) }.sorted { $0.0 < $1.0 }
            writer.member("writers", JSONValue.object(JSONObject(writers)))
        }
        writer.member(strings: committed.map(\.rawValue).sorted(), "committed")
        writer.member(strings: settled.map(\.rawValue).sorted(), "settled")
        if !endings.isEmpty { writer.member("endings", JSONValue.object(endings)) }
    }

    private mutating func readRare(_ object: JSONObject) {
        extras.isPaused = object["paused"] == true
        extras.crashes = object["crashes"]?.int ?? 0
        extras.hasChildren = object["hasChildren"] == true
        extras.wasReopened = object["wasReopened"] == true
        extras.rollback = Rollback(object["rollback"])
        extras.progress = Progress(object["progress"])
        extras.undo = (object["undo"]?.array ?? []).compactMap(Undo.init)
        extras.results = object["results"]?.object ?? [:]
        for (step, arrived) in object["joins"]?.object ?? [:] {
            extras.joins[StepID(step)] = Set((arrived.array ?? []).compactMap { $0.string.map { StepID($0) } })
        }
        extras.branchFailure = Failure(object["branchFailure"])
        extras.failedSteps = object.stepList("failedSteps")
        for (key, writer) in object["writers"]?.object ?? [:] { extras.writers[key] = writer.string.map { StepID($0) } }
        extras.committed = Set(object.stepList("committed"))
        extras.settled = Set(object.stepList("settled"))
        extras.endings = object["endings"]?.object ?? [:]
    }

    /// Reads what `snapshot()` wrote; nil when the bytes are not a snapshot.
    public init?(_ creation: ExecutionCreation, traits: StateTraits = StateTraits(), snapshot json: JSONValue) {
        guard let object = json.object, let status = object["status"]?.string.flatMap(ExecutionStatus.init(rawValue:)),
            let position = object["position"]?.int64
        else { return nil }
        self.init(creation, initial: [], traits: traits)
        let branches = (object["branches"]?.array ?? []).compactMap { Branch($0) }
        if branches.count == 1, object["branched"] == nil {
            main = branches[0]
        } else {
            for branch in branches { extras.others[branch.stepID] = branch }
        }
        readRare(object)
        self.status = status
        self.position = position
        context = object["context"]?.object ?? [:]
        contextBytes = object["contextBytes"]?.int ?? context.reduce(0) { $0 + $1.value.byteCount }
        stepCount = object["stepCount"]?.int ?? 0
        moves = object["moves"]?.int ?? 0
        result = object["result"]
        lastOutput = object["lastOutput"] ?? result
        error = Failure(object["error"])
        extras.cancellation = Cancellation(object["cancellation"])
        extras.cancelledAt = object["cancelledAt"]?.int64.map(Timestamp.init(microseconds:))
        startedAt = object["startedAt"]?.int64.map(Timestamp.init(microseconds:))
        endedAt = object["endedAt"]?.int64.map(Timestamp.init(microseconds:))
        updatedAt = object["updatedAt"]?.int64.map(Timestamp.init(microseconds:)) ?? creation.createdAt
        lastEvent = object["lastEvent"]?.string ?? lastEvent
        chain = object["chain"]?.string.flatMap { [UInt8](hex: $0) }
    }
}

extension JSONObject {
    fileprivate func stepList(_ key: String) -> [StepID] {
        (self[key]?.array ?? []).compactMap { $0.string.map { StepID($0) } }
    }
}

extension LogWriter {
    fileprivate mutating func member(strings: [String], _ key: StaticString) {
        if !strings.isEmpty { member(key, JSONValue.array(strings.map { .string($0) })) }
    }
}
