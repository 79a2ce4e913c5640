// What a rollback still has to do, and what went wrong in it.

/// A completed step that a rollback compensates.
public struct Undo: Sendable, Hashable {
    public var stepID: StepID
    public var visit: Int
    /// What the step returned: the compensation's input.
    public var output: JSONValue?
    /// What its code recorded, where the code says how pieces of it are undone.
    public var checkpoints: [Checkpoint] = []
}

/// An execution that is rolling back. Steps are compensated in the reverse order of their completion, one at a time.
public struct Rollback: Sendable, Hashable {
    /// Why.
    public internal(set) var failure: Failure
    /// The compensation at hand has been recorded as begun.
    var isCompensating = false
    var attempt = 1
    var failures = 0
    /// A retry is due then.
    var retryAt: Timestamp?
    /// Compensations that failed for good; a retry begins with them.
    var failed: [Undo] = []
    /// The worker outside that has the compensation at hand.
    var handOut: HandOut?
}

extension Undo {
    var json: JSONValue {
        var object: JSONObject = ["step": .string(stepID.rawValue), "visit": .int(Int64(visit))]
        if let output { object["output"] = output }
        if !checkpoints.isEmpty { object["checkpoints"] = .array(checkpoints.map(\.json)) }
        return .object(object)
    }

    init?(_ json: JSONValue) {
        guard let step = json["step"]?.string, let visit = json["visit"]?.int else { return nil }
        self.init(
            stepID: StepID(step), visit: visit, output: json["output"],
            checkpoints: (json["checkpoints"]?.array ?? []).compactMap { Checkpoint($0) })
    }
}

extension Rollback {
    var json: JSONValue {
        var object: JSONObject = [
            "error": failure.json, "isCompensating": .bool(isCompensating), "attempt": .int(Int64(attempt)),
            "failures": .int(Int64(failures)), "failed": .array(failed.map(\.json)),
        ]
        if let retryAt { object["retryAt"] = .int(retryAt.microseconds) }
        if let handOut { object["handOut"] = handOut.json }
        return .object(object)
    }

    init?(_ json: JSONValue?) {
        guard let object = json?.object, let failure = Failure(object["error"]) else { return nil }
        self.init(failure: failure)
        isCompensating = object["isCompensating"] == true
        attempt = object["attempt"]?.int ?? 1
        failures = object["failures"]?.int ?? 0
        retryAt = object["retryAt"]?.int64.map(Timestamp.init(microseconds:))
        failed = (object["failed"]?.array ?? []).compactMap(Undo.init)
        handOut = HandOut(object["handOut"])
    }
}
