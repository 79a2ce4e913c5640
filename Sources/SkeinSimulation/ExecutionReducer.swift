package import Skein
package import SkeinCore

/// What an execution's recorded events add up to, said from their types and the flow's shape alone: a second opinion on
/// the engine's own fold.
package struct ExecutionReducer {
    /// A step that the execution is at.
    struct Visit {
        var attempt = 1
        var failures = 0
        var wait: Waiting?
        var round: Round?
        var checkpoints: Set<String> = []
    }

    struct Waiting {
        var kind: String
        var signal: String?
        var wakeAt: Timestamp?
        var timeoutAt: Timestamp?

        /// No attempt runs.
        var holds: Bool { kind != "retry" }
    }

    /// Children that a step asked for.
    struct Round {
        var step: String
        var number: Int64
        var count: Int
        /// What the step got of them, and when; nil: it never came to that.
        var output: JSONValue?
        var failure: JSONValue?
        var endedAt: Timestamp?
    }

    let flow: SimulatedFlow
    let creation: ExecutionCreation
    var active: [String: Visit] = ["s0": Visit()]
    /// What the events say it is.
    package private(set) var status = "pending"
    /// What cannot have happened.
    package var problems: [String] = []
    package var context: JSONObject
    var arrived: [String: Set<String>] = [:]
    var hasFailed = false
    var isRollingBack = false
    var isPaused = false
    var undo: [String] = []
    /// Compensations that failed for good, the last first.
    var aside: [String] = []
    var committed: Set<String> = []
    var settled: Set<String> = []
    /// The attempt of the compensation at hand, and how many failed.
    var undoAttempt = 1
    var undoFailures = 0
    private var isStarted = false
    private var seq: Int64 = 0
    /// Consumed by the event before.
    private var signal: String?
    /// What ended waits, in order.
    private(set) var signals: [(name: String, payload: JSONValue?)] = []
    private(set) var resumes: [JSONValue] = []
    var rounds: [Round] = []
    private(set) var wasReopened = false
    /// When it ended first.
    private(set) var firstEnd: (status: String, at: Timestamp)?

    /// Reads all events of an execution.
    package init(_ flow: SimulatedFlow, _ creation: ExecutionCreation, _ events: [AuditEvent]) {
        self.flow = flow
        self.creation = creation
        context = creation.context
        for (index, event) in events.enumerated() {
            take(event, before: index + 1 < events.count ? events[index + 1] : nil)
        }
    }

    var isEnded: Bool {
        ["completed", "failed", "cancelled", "rolled_back", "rollback_failed"].contains(status)
    }

    mutating func require(_ holds: Bool, _ event: AuditEvent, _ problem: String) {
        if !holds { problems.append("\(event.seq) \(event.type) \(event.stepID?.rawValue ?? ""): \(problem)") }
    }

    private mutating func take(_ event: AuditEvent, before following: AuditEvent?) {
        require(event.seq == seq + 1, event, "follows \(seq)")
        seq = event.seq
        require((event.type == "execution.created") == (seq == 1), event, "at this place")
        require(!isEnded || event.type == "execution.reopened", event, "after the end")
        let isResumption = event.type == "execution.resumed" && event.metadata["cause"] == "signal"
        require(signal == nil || isResumption, event, "nothing came of the signal '\(signal ?? "")'")
        if event.type == "signal.consumed" {
            signal = event.metadata["name"]?.string
        } else if event.type.hasPrefix("execution.") {
            takeExecution(event, before: following)
        } else {
            takeStep(event, before: following)
        }
    }

    // MARK: - The execution

    private mutating func takeExecution(_ event: AuditEvent, before following: AuditEvent?) {
        switch event.type {
        case "execution.created": break
        case "execution.forked":
            require(seq == 2, event, "not at its birth")
            active = [:]
            for step in steps(event) { active[step] = Visit() }
        case "execution.started":
            require(!isStarted, event, "twice")
            isStarted = true
            if !isPaused { status = "running" }
        case "execution.waiting": takeWaiting(event)
        case "execution.children_created": takeChildren(event)
        case "execution.resumed" where event.metadata["cause"] == nil:
            require(isPaused, event, "not paused")
            isPaused = false
            status = isRollingBack ? "rolling_back" : "running"
        case "execution.resumed": takeResumed(event)
        case "execution.paused":
            require(!isPaused, event, "paused already")
            isPaused = true
            status = "paused"
            interrupt()
        case "execution.quarantined":
            require(!isPaused, event, "paused already")
            isPaused = true
            status = "paused"
        case "execution.recovered":
            require(!isPaused, event, "nobody has it while it is paused")
            interrupt()
        case "execution.reopened": takeReopened(event)
        case "execution.timed_out":
            let limit = Duration.milliseconds(flow.timeout ?? .max >> 20)
            require(event.at >= creation.createdAt + limit, event, "too early")
            let isEnd = following?.type == "execution.cancelled" || following?.type == "execution.rollback_started"
            require(isEnd, event, "and goes on")
        case "execution.rollback_started":
            require(!undo.isEmpty && !isRollingBack, event, "nothing to undo, or under way")
            require(event.metadata["cancellation"] == nil || flow.rollsBackOnCancel, event, "a cancel is to stop it")
            (isRollingBack, isPaused, status) = (true, false, "rolling_back")
            active = [:]
            arrived = [:]
            (undoAttempt, undoFailures) = (1, 0)
        default: takeEnd(event)
        }
    }

    private func steps(_ event: AuditEvent) -> [String] {
        (event.metadata["steps"]?.array ?? []).compactMap(\.string)
    }

    /// The attempts that ran are lost, and the next ones have other numbers.
    private mutating func interrupt() {
        if isRollingBack {
            undoAttempt += 1
        } else {
            for (step, visit) in active where visit.wait?.holds != true { active[step]?.attempt += 1 }
        }
    }

    private mutating func takeEnd(_ event: AuditEvent) {
        status = String(event.type.dropFirst("execution.".count))
        switch status {
        case "completed":
            require(active.isEmpty && arrived.isEmpty && !hasFailed, event, "\(active) \(arrived) \(hasFailed)")
        case "failed": require(undo.isEmpty, event, "\(undo) are not compensated")
        case "cancelled":
            require(!flow.rollsBackOnCancel || undo.isEmpty || isRollingBack, event, "\(undo) are not compensated")
            // What could not be compensated is still there, should the execution go on.
            (undo, aside) = (undo + aside, [])
        case "rolled_back": require(isRollingBack && undo.isEmpty && aside.isEmpty, event, "\(undo) \(aside)")
        case "rollback_failed": require(isRollingBack && undo.isEmpty && !aside.isEmpty, event, "\(undo) \(aside)")
        default: problems.append("\(event.seq) \(event.type): unknown")
        }
        isPaused = false
        if status != "rollback_failed" { isRollingBack = false }
        if firstEnd == nil { firstEnd = (status, event.at) }
    }

    private mutating func takeReopened(_ event: AuditEvent) {
        require(isEnded, event, "has not ended")
        wasReopened = true
        settled.formUnion(committed)
        if isRollingBack {
            (undo, aside, status) = (aside, [], "rolling_back")
            return
        }
        status = "running"
        hasFailed = false
        active = [:]
        for step in steps(event) { active[step] = Visit() }
        require(!active.isEmpty, event, "goes on nowhere")
        if event.metadata["actor"] == "from" { arrived = [:] }
        for step in active.keys { arrived[step] = nil }
    }

    // MARK: - Waits

    private mutating func takeWaiting(_ event: AuditEvent) {
        guard let step = event.stepID?.rawValue, active[step] != nil, let wait = event.metadata["wait"]?.object else {
            return require(false, event, "not here")
        }
        let kind = wait["kind"]?.string ?? ""
        let expected: String? =
            switch flow.steps[step]?.kind {
            case .timer, .code: "timer"
            case .signal, .listen: "signal"
            case .manual: "manual"
            case .sub, .launch, .map: "children"
            default: nil
            }
        require(kind == expected, event, "waits for \(kind)")
        if kind != "children" { active[step]?.failures = 0 }
        active[step]?.wait = Waiting(
            kind: kind, signal: wait["signal"]?.string, wakeAt: wait["wakeAt"]?.string.flatMap { Timestamp($0) },
            timeoutAt: wait["timeoutAt"]?.string.flatMap { Timestamp($0) })
    }

    private mutating func takeResumed(_ event: AuditEvent) {
        defer { signal = nil }
        guard let step = event.stepID?.rawValue ?? (active.count == 1 ? active.keys.first : nil) else {
            return require(false, event, "of which branch?")
        }
        guard let wait = active[step]?.wait, let model = flow.steps[step] else {
            return require(false, event, "does not wait")
        }
        let data = event.metadata["data"]
        switch event.metadata["cause"]?.string {
        case "signal":
            require(wait.kind == "signal" && wait.signal == signal, event, "waits for \(wait), not for \(signal ?? "")")
            signals.append((signal ?? "", data))
        case "resume":
            require(wait.kind == "manual" || wait.kind == "timer", event, "waits for \(wait)")
            if let data { resumes.append(data) }
        case "timer":
            let due = model.kind.isCode ? wait.wakeAt ?? wait.timeoutAt : wait.wakeAt
            require(due.map { event.at >= $0 } ?? false, event, "too early, or not by time: \(wait)")
        default: require(false, event, "by what?")
        }
        active[step]?.wait = nil
        guard !model.kind.isCode else { return }
        if let data {
            context["resumeData"] = data
            context[step] = data
        }
        go(from: step, to: model.next, event)
    }

    private mutating func takeChildren(_ event: AuditEvent) {
        guard let step = event.stepID?.rawValue, active[step] != nil, let model = flow.steps[step] else {
            return require(false, event, "not here")
        }
        require(model.kind.spawns && active[step]?.round == nil, event, "has children, or may not have any")
        let count = event.metadata["count"]?.int ?? 0
        require(count == model.count, event, "\(count) instead of \(model.count)")
        active[step]?.round = Round(step: step, number: event.seq, count: count)
    }
}
