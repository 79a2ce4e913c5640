// The state of an execution is a fold over its log: `apply` is the only way to change it, for the engine that just
// committed a row and for the one that loads the execution years later.

/// Where an execution that has one branch stands.
public enum ExecutionPhase: Sendable, Hashable {
    /// About to run, or running, this step.
    case step(StepID)
    indirect case waiting(Wait)
    /// In several branches, or rolling back.
    case several
    case ended
}

/// What a flow asks of the state beside the log: the same for all executions of a flow version.
public struct StateTraits: Sendable, Hashable {
    /// Branches may write at once: who wrote which key of the context is kept.
    public var isParallel = false
    /// Steps see the results of others by `tasks.<id>`: results are kept by step.
    public var keepsResults = false

    public init(isParallel: Bool = false, keepsResults: Bool = false) {
        self.isParallel = isParallel
        self.keepsResults = keepsResults
    }
}

/// An execution as its log says.
public struct ExecutionState: Sendable, Equatable {
    public let creation: ExecutionCreation
    let traits: StateTraits
    public internal(set) var status: ExecutionStatus = .pending
    /// The branch of an execution that has one. While there are several all of them are in `others`.
    public internal(set) var main: Branch?
    public internal(set) var context: JSONObject
    /// At least the bytes of the context's values as compact JSON: what was replaced is not taken off until the limit
    /// is met.
    public internal(set) var contextBytes: Int
    /// Ended attempts of all steps: what `maxSteps` counts.
    public internal(set) var stepCount = 0
    /// Steps entered so far.
    public internal(set) var moves = 0
    /// The position of the next log row.
    public internal(set) var position: Int64 = 1
    /// The hash of the log's last row, which the next one goes on from; nil before the first, and after rows that have
    /// none.
    public var chain: [UInt8]?
    public internal(set) var result: JSONValue?
    public internal(set) var error: Failure?
    public internal(set) var startedAt: Timestamp?
    public internal(set) var updatedAt: Timestamp
    public internal(set) var endedAt: Timestamp?
    public internal(set) var lastEvent: String = "execution.created"
    /// The last result of a step, which becomes `result` when the execution completes.
    var lastOutput: JSONValue?
    /// What most executions have nothing of. Apart, because every step passes the state on.
    private var rare = Rare.none

    public var id: ExecutionID { creation.id }

    /// The state before anything but creation; `initial` are the flow's first steps.
    public init(_ creation: ExecutionCreation, initial: [StepID], traits: StateTraits = StateTraits()) {
        self.creation = creation
        self.traits = traits
        context = creation.context
        contextBytes = creation.contextBytes
        updatedAt = creation.createdAt
        if initial.count == 1 {
            main = Branch(initial[0], visit: 0)
        } else {
            for step in initial {
                extras.others[step] = Branch(step, visit: moves)
                moves += 1
            }
        }
    }

    /// The state before anything but creation, for a flow with one first step.
    public init(_ creation: ExecutionCreation, initial: StepID) {
        self.init(creation, initial: [initial])
    }

    // MARK: - What most have nothing of

    private indirect enum Rare: Sendable, Equatable {
        case none
        case some(ExecutionExtras)

        /// To have had something and to have it no more is the same as never.
        static func == (lhs: Rare, rhs: Rare) -> Bool {
            switch (lhs, rhs) {
            case (.none, .none): true
            case (.some(let lhs), .some(let rhs)): lhs == rhs
            case (.some(let extras), .none), (.none, .some(let extras)): extras == ExecutionExtras()
            }
        }
    }

    var hasExtras: Bool {
        if case .some = rare { true } else { false }
    }

    var extras: ExecutionExtras {
        get {
            if case .some(let extras) = rare { extras } else { ExecutionExtras() }
        }
        _modify {
            var extras = self.extras
            // The only reference while it is changed, or each change would copy what is in it.
            rare = .none
            defer { rare = .some(extras) }
            yield &extras
        }
    }

    /// The branches, by the step they are at, while there are several.
    public var others: [StepID: Branch] { hasExtras ? extras.others : [:] }
    /// The steps that arrived at joins which wait for more.
    public var joins: [StepID: Set<StepID>] { hasExtras ? extras.joins : [:] }
    public var isPaused: Bool { hasExtras && extras.isPaused }
    /// Workers that were lost with it, one after the other, since it came further.
    public var crashes: Int { hasExtras ? extras.crashes : 0 }
    public var rollback: Rollback? { hasExtras ? extras.rollback : nil }
    /// It has started children.
    public var hasChildren: Bool { hasExtras && extras.hasChildren }
    /// It had ended before: its parent has been told.
    public var wasReopened: Bool { hasExtras && extras.wasReopened }
    /// Completed steps that a rollback compensates, in the order of their completion.
    public var undo: [Undo] { hasExtras ? extras.undo : [] }
    /// Whether there is something to compensate.
    public var canRollBack: Bool { !undo.isEmpty || branches.contains(where: \.isUndoable) }
    /// Results by step, where the flow asks for them.
    public var results: JSONObject { hasExtras ? extras.results : [:] }
    /// How far it is, as its steps said last.
    public var progress: Progress? { hasExtras ? extras.progress : nil }
    public var cancellation: Cancellation? { hasExtras ? extras.cancellation : nil }
    public var cancelledAt: Timestamp? { hasExtras ? extras.cancelledAt : nil }
    /// Why a branch failed while others went on: the first failure.
    var branchFailure: Failure? { hasExtras ? extras.branchFailure : nil }
    /// Steps whose failure is final: where a retry goes on.
    var failedSteps: [StepID] { hasExtras ? extras.failedSteps : [] }
    /// Commit steps that succeeded before the execution was reopened: they are not run again.
    var settled: Set<StepID> { hasExtras ? extras.settled : [] }
    /// Commit steps that succeeded.
    var committed: Set<StepID> { hasExtras ? extras.committed : [] }
    /// The outputs that branches ended with, by step.
    var endings: JSONObject { hasExtras ? extras.endings : [:] }
    /// Who wrote the keys of the context last, in parallel flows.
    var writers: [String: StepID] { hasExtras ? extras.writers : [:] }

    // MARK: - Branches

    /// Whether it has several branches now.
    public var isBranched: Bool { main == nil && !others.isEmpty }

    /// The branch that is at this step.
    public func branch(at stepID: StepID) -> Branch? {
        if let main { return main.stepID == stepID ? main : nil }
        return others[stepID]
    }

    /// Whether a step's code says how something that it did is undone.
    func hasUndoableCode(at stepID: StepID) -> Bool {
        // Asked at the end of every step: without a copy of the branch.
        if main != nil { return main?.checkpoints.contains(where: \.isUndoable) ?? false }
        return others[stepID]?.isUndoable ?? false
    }

    /// All branches, in the order they began their steps.
    public var branches: [Branch] {
        if let main { return [main] }
        return others.values.sorted { $0.visit < $1.visit }
    }

    public var phase: ExecutionPhase {
        if status.isEnded { return .ended }
        guard let main else { return .several }
        return main.wait.map(ExecutionPhase.waiting) ?? .step(main.stepID)
    }

    /// What it waits for, when nothing of it runs: of several waits the one that ends first by itself.
    public var wait: Wait? {
        if status.isEnded || isPaused { return nil }
        if let main { return main.wait }
        guard let rollback else {
            let waits = branches.compactMap(\.wait)
            return waits.count == others.count ? waits.min { $0.due < $1.due } : nil
        }
        guard let retryAt = rollback.retryAt, let step = undo.last?.stepID else { return nil }
        return Wait(kind: .retry, stepID: step, wakeAt: retryAt, startedAt: updatedAt, next: .step(step))
    }

    /// The attempt of the branch at hand.
    public var attempt: Int { rollback?.attempt ?? main?.attempt ?? branches.first?.attempt ?? 1 }
    /// Failed attempts of the step of an execution with one branch.
    public var failures: Int { main?.failures ?? 0 }
    /// The position at which the present wait of an execution with one branch began.
    public var waitPosition: Int64 {
        if let main { return main.waitPosition }
        guard let wait else { return 0 }
        return others[wait.stepID]?.waitPosition ?? 0
    }

    /// The steps people see as current.
    public var currentSteps: [StepID] {
        if status.isEnded { return [] }
        if rollback != nil { return undo.last.map { [$0.stepID] } ?? [] }
        return branches.map(\.stepID)
    }
}
