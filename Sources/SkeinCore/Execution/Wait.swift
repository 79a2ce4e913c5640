// What an execution that is not running waits for, and where it goes on.

/// A wait: what ends it, when it is over by itself, and the step that comes after it.
public struct Wait: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable, Codable {
        case timer, signal, children, retry, manual, token, job, handler, limit
    }

    public var kind: Kind
    /// The step that asked for it.
    public var stepID: StepID
    /// For people.
    public var reason: String?
    /// When a timer or retry is due.
    public var wakeAt: Timestamp?
    /// The signal's name, for `signal`.
    public var signal: String?
    public var startedAt: Timestamp
    /// When the wait fails with TIMEOUT.
    public var timeoutAt: Timestamp?
    /// Where its branch goes on: the step's `onResume`, else its `onSuccess`. A retry goes on at `stepID`.
    public var next: Onward
    /// Where data that ends the wait is stored, beside `resumeData`.
    public var outputKey: String?
    /// The step's code is entered again and finds what ended the wait under this name.
    public var reentry: String?
    /// The round of the child that the step's code waits for.
    public var round: Int64?
    /// The step's code is entered again for its next stage.
    package var stage: StageBreak?

    public init(
        kind: Kind, stepID: StepID, reason: String? = nil, wakeAt: Timestamp? = nil, signal: String? = nil,
        startedAt: Timestamp,
        timeoutAt: Timestamp? = nil, next: Onward = .end, outputKey: String? = nil
    ) {
        self.kind = kind
        self.stepID = stepID
        self.reason = reason
        self.wakeAt = wakeAt
        self.signal = signal
        self.startedAt = startedAt
        self.timeoutAt = timeoutAt
        self.next = next
        self.outputKey = outputKey
    }

    /// The earliest instant at which somebody has to look at the execution by itself.
    public var due: Timestamp { min(wakeAt ?? .distantFuture, timeoutAt ?? .distantFuture) }
}

extension Wait {
    /// The same step's code comes after it.
    mutating func enter(_ stage: StageBreak?) {
        guard let stage else { return }
        self.stage = stage
        next = .step(stepID)
        outputKey = nil
    }

    /// The shape of the contract: `{kind, reason?, wakeAt?, signal?, startedAt, timeoutAt?}`, and what the engine needs
    /// beside it.
    public var json: JSONValue {
        var object = publicObject
        object["stepId"] = .string(stepID.rawValue)
        switch next {
        case .step(let step): object["next"] = .string(step.rawValue)
        case .fork(let steps, _): object["next"] = .array(steps.map { .string($0.rawValue) })
        case .end, .stop: break
        }
        if let outputKey { object["outputKey"] = .string(outputKey) }
        if let reentry { object["reentry"] = .string(reentry) }
        if let round { object["round"] = .int(round) }
        if let stage { object["stage"] = stage.json }
        return .object(object)
    }

    public var publicObject: JSONObject {
        var object: JSONObject = ["kind": .string(kind.rawValue)]
        if let reason { object["reason"] = .string(reason) }
        if let wakeAt { object["wakeAt"] = .string(wakeAt.description) }
        if let signal { object["signal"] = .string(signal) }
        object["startedAt"] = .string(startedAt.description)
        if let timeoutAt { object["timeoutAt"] = .string(timeoutAt.description) }
        // The step goes on with another stage.
        if stage != nil { object["staged"] = true }
        return object
    }

    public init?(_ json: JSONValue?) {
        guard let object = json?.object, let kind = object["kind"]?.string.flatMap(Kind.init(rawValue:)),
            let stepID = object["stepId"]?.string,
            let startedAt = object["startedAt"]?.string.flatMap({ Timestamp($0) })
        else { return nil }
        self.init(
            kind: kind, stepID: StepID(stepID), reason: object["reason"]?.string,
            wakeAt: object["wakeAt"]?.string.flatMap { Timestamp($0) },
            signal: object["signal"]?.string, startedAt: startedAt,
            timeoutAt: object["timeoutAt"]?.string.flatMap { Timestamp($0) },
            next: object["next"].map { next in
                next.string.map { .step(StepID($0)) }
                    ?? .fork((next.array ?? []).compactMap { $0.string.map { StepID($0) } }, joining: [])
            } ?? .end,
            outputKey: object["outputKey"]?.string)
        reentry = object["reentry"]?.string
        round = object["round"]?.int64
        stage = StageBreak(object["stage"])
    }
}
