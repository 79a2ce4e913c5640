// The snapshot that the execution's row keeps when it parks and ends. What `creation` holds is not repeated: the log's
// first row has it.

extension ExecutionState {
    public func snapshot() -> [UInt8] {
        var writer = LogWriter(capacity: contextBytes + 1_024)
        writer.open()
        writer.member("status", status.rawValue)
        writer.member("context", JSONValue.object(context))
        writer.member("contextBytes", Int64(contextBytes))
        writer.member("attempt", Int64(attempt))
        writer.member("failures", Int64(failures))
        writer.member("stepCount", Int64(stepCount))
        writer.member("moves", Int64(moves))
        writer.member("position", position)
        writer.member("waitPosition", waitPosition)
        switch phase {
        case .step(let id): writer.member("step", id.rawValue)
        case .waiting(let wait): writer.member("wait", wait.json)
        case .ended: break
        }
        writer.member("result", result)
        if result == nil { writer.member("lastOutput", lastOutput) }
        writer.member("error", error?.json)
        if let cancellation { writer.member("cancellation", JSONValue.object(cancellation.object)) }
        writer.member("cancelledAt", cancelledAt?.microseconds)
        writer.member("startedAt", startedAt?.microseconds)
        writer.member("endedAt", endedAt?.microseconds)
        writer.member("updatedAt", updatedAt.microseconds)
        writer.member("lastEvent", lastEvent)
        writer.close()
        return writer.bytes
    }

    /// Reads what `snapshot()` wrote; nil when the bytes are not a snapshot.
    public init?(_ creation: ExecutionCreation, snapshot json: JSONValue) {
        guard let object = json.object, let status = object["status"]?.string.flatMap(ExecutionStatus.init(rawValue:)),
            let position = object["position"]?.int64
        else { return nil }
        let phase: ExecutionPhase
        if let step = object["step"]?.string {
            phase = .step(StepID(step))
        } else if let wait = Wait(object["wait"]) {
            phase = .waiting(wait)
        } else {
            phase = .ended
        }
        self.init(creation, initial: "")
        self.phase = phase
        self.status = status
        self.position = position
        context = object["context"]?.object ?? [:]
        contextBytes = object["contextBytes"]?.int ?? context.reduce(0) { $0 + $1.value.byteCount }
        attempt = object["attempt"]?.int ?? 1
        failures = object["failures"]?.int ?? 0
        stepCount = object["stepCount"]?.int ?? 0
        moves = object["moves"]?.int ?? 0
        waitPosition = object["waitPosition"]?.int64 ?? 0
        result = object["result"]
        lastOutput = object["lastOutput"] ?? result
        error = Failure(object["error"])
        cancellation = Cancellation(object["cancellation"])
        cancelledAt = object["cancelledAt"]?.int64.map(Timestamp.init(microseconds:))
        startedAt = object["startedAt"]?.int64.map(Timestamp.init(microseconds:))
        endedAt = object["endedAt"]?.int64.map(Timestamp.init(microseconds:))
        updatedAt = object["updatedAt"]?.int64.map(Timestamp.init(microseconds:)) ?? creation.createdAt
        lastEvent = object["lastEvent"]?.string ?? lastEvent
    }
}
