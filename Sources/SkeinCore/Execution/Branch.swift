// One thread of an execution. Most have one; between a fork and its join there are several.

/// Where one branch of an execution stands: at a step that is about to run or runs, or in a wait.
public struct Branch: Sendable, Hashable {
    enum Phase: Sendable, Hashable {
        case step
        indirect case waiting(Wait)
    }

    public internal(set) var stepID: StepID
    /// The attempt that runs now or comes next, 1, 2, … within this visit of the step.
    public internal(set) var attempt = 1
    /// Failed attempts of this visit: what the retry policy counts. An interrupted attempt is not one.
    public internal(set) var failures = 0
    /// Steps entered before this one: tells two visits of a step apart, and orders branches.
    public internal(set) var visit: Int
    var phase = Phase.step
    /// The position at which the present wait began: resume data is addressed to it.
    public internal(set) var waitPosition: Int64 = 0
    /// What the step's code recorded in this visit, in order: what it need not do again.
    public internal(set) var checkpoints: [Checkpoint] = []
    /// The children that it waits for.
    public internal(set) var spawn: Spawn? {
        get {
            if case .some(let spawn) = children { spawn } else { nil }
        }
        set { children = newValue.map(Children.some) ?? .none }
    }
    private var children = Children.none
    /// The worker outside that has its attempt.
    public internal(set) var handOut: HandOut? {
        get {
            if case .some(let handOut) = remote { handOut } else { nil }
        }
        set { remote = newValue.map(Remote.some) ?? .none }
    }
    private var remote = Remote.none

    /// Apart, because it is large and rare.
    private indirect enum Children: Sendable, Hashable {
        case none
        case some(Spawn)
    }

    private indirect enum Remote: Sendable, Hashable {
        case none
        case some(HandOut)
    }

    init(_ stepID: StepID, visit: Int) {
        self.stepID = stepID
        self.visit = visit
    }

    /// What it waits for; nil: its step runs or is about to.
    public var wait: Wait? {
        if case .waiting(let wait) = phase { return wait }
        return nil
    }

    /// Whether its step may begin by itself.
    package func isDue(at now: Timestamp) -> Bool {
        wait.map { $0.kind == .retry && ($0.wakeAt ?? .distantFuture) <= now } ?? true
    }

    /// Its step runs, or may: a retry that is due begins without a row.
    var mayRun: Bool { wait.map { $0.kind == .retry } ?? true }

    /// Its step's code says how something that it did is undone.
    var isUndoable: Bool { checkpoints.contains(where: \.isUndoable) }

    /// The round of children that it waits for.
    package var awaitedRound: Int64? { spawn?.round ?? wait?.round }

    var isWaiting: Bool {
        if case .waiting = phase { return true }
        return false
    }

    /// Its step is about to run; nothing is addressed to its last wait any more.
    mutating func stopWaiting() {
        phase = .step
        waitPosition = 0
    }
}

extension Branch {
    var json: JSONValue {
        var object: JSONObject = [
            "step": .string(stepID.rawValue), "attempt": .int(Int64(attempt)), "failures": .int(Int64(failures)),
            "visit": .int(Int64(visit)),
        ]
        if !checkpoints.isEmpty { object["checkpoints"] = .array(checkpoints.map(\.json)) }
        if let spawn { object["spawn"] = spawn.json }
        if let handOut { object["handOut"] = handOut.json }
        if let wait {
            object["wait"] = wait.json
            object["waitPosition"] = .int(waitPosition)
        }
        return .object(object)
    }

    init?(_ json: JSONValue?) {
        guard let object = json?.object, let step = object["step"]?.string, let visit = object["visit"]?.int else {
            return nil
        }
        self.init(StepID(step), visit: visit)
        attempt = object["attempt"]?.int ?? 1
        failures = object["failures"]?.int ?? 0
        waitPosition = object["waitPosition"]?.int64 ?? 0
        checkpoints = (object["checkpoints"]?.array ?? []).compactMap(Checkpoint.init)
        spawn = Spawn(object["spawn"])
        handOut = HandOut(object["handOut"])
        if let wait = Wait(object["wait"]) { phase = .waiting(wait) }
    }
}
