// The snapshot that the execution's row keeps when it parks and ends. What `creation` holds is not repeated: the log's first row has it.

extension ExecutionState {
    public func snapshot() -> [UInt8] {
        var object: JSONObject = [
            "status": .string(status.rawValue), "context": .object(context), "contextBytes": .int(Int64(contextBytes)),
            "attempt": .int(Int64(attempt)), "failures": .int(Int64(failures)),
            "stepCount": .int(Int64(stepCount)), "moves": .int(Int64(moves)), "position": .int(position), "waitPosition": .int(waitPosition),
            "updatedAt": .int(updatedAt.microseconds), "lastEvent": .string(lastEvent),
        ]
        switch phase {
        case .step(let id): object["step"] = .string(id.rawValue)
        case .waiting(let wait): object["wait"] = wait.json
        case .ended: break
        }
        if let result { object["result"] = result }
        if let lastOutput, result == nil { object["lastOutput"] = lastOutput }
        if let error { object["error"] = error.json }
        if let cancellation { object["cancellation"] = .object(cancellation.object) }
        if let cancelledAt { object["cancelledAt"] = .int(cancelledAt.microseconds) }
        if let startedAt { object["startedAt"] = .int(startedAt.microseconds) }
        if let endedAt { object["endedAt"] = .int(endedAt.microseconds) }
        return JSONValue.object(object).serialized()
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
