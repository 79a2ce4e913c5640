import Skein
import SkeinCore

/// What an execution's recorded events add up to, said from their types and the flow's shape alone: a second opinion on
/// the engine's own fold.
struct AuditReducer {
    private let flow: SimulatedFlow
    private(set) var active: Set<String> = ["s0"]
    private(set) var status = "pending"
    private(set) var problems: [String] = []
    private var arrived: [String: Set<String>] = [:]
    private var hasFailed = false
    private var isRollingBack = false
    private var isPaused = false
    private var undo: [String] = []
    /// Compensations that failed for good, the last first.
    private var aside: [String] = []
    private var committed: Set<String> = []
    private var settled: Set<String> = []
    private var isStarted = false
    private var seq: Int64 = 0

    init(_ flow: SimulatedFlow, _ events: [AuditEvent]) {
        self.flow = flow
        for (index, event) in events.enumerated() {
            take(event, before: index + 1 < events.count ? events[index + 1] : nil)
        }
    }

    private var isEnded: Bool {
        ["completed", "failed", "cancelled", "rolled_back", "rollback_failed"].contains(status)
    }

    private mutating func require(_ holds: Bool, _ event: AuditEvent, _ problem: String) {
        if !holds { problems.append("\(event.seq) \(event.type) \(event.stepID?.rawValue ?? ""): \(problem)") }
    }

    private mutating func take(_ event: AuditEvent, before following: AuditEvent?) {
        require(event.seq == seq + 1, event, "follows \(seq)")
        seq = event.seq
        require(!isEnded || event.type == "execution.reopened", event, "after the end")
        if event.type.hasPrefix("execution.") {
            takeExecution(event)
        } else if event.type != "signal.consumed" {
            takeStep(event, before: following)
        }
    }

    // MARK: - The execution

    private mutating func takeExecution(_ event: AuditEvent) {
        switch event.type {
        case "execution.created": require(event.seq == 1, event, "not the first")
        case "execution.started":
            require(!isStarted, event, "twice")
            isStarted = true
            if !isPaused { status = "running" }
        case "execution.waiting": require(isHere(event.stepID), event, "not here")
        case "execution.resumed" where event.metadata["cause"] == nil:
            require(isPaused, event, "not paused")
            isPaused = false
            status = isRollingBack ? "rolling_back" : "running"
        case "execution.resumed": takeResumed(event)
        case "execution.paused":
            require(!isPaused, event, "paused already")
            isPaused = true
            status = "paused"
        case "execution.recovered": require(!isPaused, event, "nobody has it while it is paused")
        case "execution.reopened": takeReopened(event)
        case "execution.rollback_started":
            require(!undo.isEmpty && !isRollingBack, event, "nothing to undo, or under way")
            (isRollingBack, isPaused, status) = (true, false, "rolling_back")
            active = []
            arrived = [:]
        default: takeEnd(event)
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
        case "rolled_back": require(isRollingBack && undo.isEmpty && aside.isEmpty, event, "\(undo) \(aside)")
        case "rollback_failed": require(isRollingBack && undo.isEmpty && !aside.isEmpty, event, "\(undo) \(aside)")
        default: problems.append("\(event.seq) \(event.type): unknown")
        }
        isPaused = false
        if status != "rollback_failed" { isRollingBack = false }
    }

    private mutating func takeReopened(_ event: AuditEvent) {
        require(isEnded, event, "has not ended")
        settled.formUnion(committed)
        if isRollingBack {
            (undo, aside, status) = (aside, [], "rolling_back")
            return
        }
        status = "running"
        hasFailed = false
        active = Set((event.metadata["steps"]?.array ?? []).compactMap(\.string))
        require(!active.isEmpty, event, "goes on nowhere")
        if event.metadata["actor"] == "from" { arrived = [:] }
        for step in active { arrived[step] = nil }
    }

    private mutating func takeResumed(_ event: AuditEvent) {
        guard let step = event.stepID?.rawValue ?? (active.count == 1 ? active.first : nil) else {
            return require(false, event, "of which branch?")
        }
        require(active.contains(step), event, "not here")
        if flow.steps[step]?.kind != .code { go(from: step, to: flow.steps[step]?.next ?? [], event) }
    }

    // MARK: - Steps

    private func isHere(_ stepID: StepID?) -> Bool { stepID.map { active.contains($0.rawValue) } ?? false }

    private mutating func takeStep(_ event: AuditEvent, before following: AuditEvent?) {
        guard let step = event.stepID?.rawValue, let model = flow.steps[step] else {
            return require(false, event, "of no step")
        }
        if event.type.hasPrefix("step.compensat") { return takeCompensation(event, step) }
        require(!isRollingBack, event, "while it rolls back")
        require(active.contains(step), event, "not here: \(active)")
        require(!isPaused || event.metadata["cause"] == "user", event, "while it is paused")
        switch event.type {
        case "step.completed":
            require(!settled.contains(step), event, "a commit step again")
            if model.undo != nil { undo.append(step) }
            if model.isCommit { committed.insert(step) }
            go(from: step, to: model.next, event)
        case "step.skipped":
            let isCommitted = settled.contains(step)
            require(event.metadata["cause"] != "committed" || isCommitted, event, "was never committed")
            go(from: step, to: model.next, event)
        case "step.failed", "step.timed_out":
            if following?.type == "step.retry_scheduled", following?.stepID == event.stepID { return }
            guard model.onFailure.isEmpty else { return go(from: step, to: model.onFailure, event) }
            hasFailed = true
            active.remove(step)
        case "step.retry_scheduled", "step.suspended", "step.started", "checkpoint": break
        default: require(false, event, "unknown")
        }
    }

    private mutating func takeCompensation(_ event: AuditEvent, _ step: String) {
        require(isRollingBack && !isPaused, event, "while it does not roll back")
        require(undo.last == step, event, "out of order: \(undo)")
        switch event.type {
        case "step.compensated": undo.removeLast()
        case "step.compensation_failed" where event.metadata["retryAt"] == nil: aside.insert(undo.removeLast(), at: 0)
        default: break
        }
    }

    /// A branch leaves a step. A join is entered by the last of its steps, or when nobody else can come.
    private mutating func go(from step: String, to targets: [String], _ event: AuditEvent) {
        active.remove(step)
        var entered: Set<String> = []
        for target in targets {
            let join = flow.steps[target]?.join ?? []
            guard join.count > 1, join.contains(step) else {
                entered.insert(target)
                continue
            }
            arrived[target, default: []].insert(step)
            if arrived[target]?.count == join.count { entered.insert(target) }
        }
        if entered.isEmpty, active.isEmpty, !hasFailed { entered = Set(arrived.keys) }
        for target in entered {
            require(!active.contains(target), event, "\(target) is entered twice at once")
            arrived[target] = nil
        }
        active.formUnion(entered)
        guard event.type.hasPrefix("step.") else { return }
        let told: [String] =
            switch event.metadata["next"] {
            case .string(let next)?: [next]
            case .array(let next)?: next.compactMap(\.string)
            default: []
            }
        require(Set(told) == entered, event, "goes on to \(told), not to \(entered.sorted())")
    }
}
