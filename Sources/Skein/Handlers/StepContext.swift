import Crypto
public import Logging
public import SkeinCore
import Synchronization

/// What a running attempt knows. One for each attempt; cheap to pass on.
public final class StepContext: Sendable {
    /// What all attempts of an engine share.
    package final class Environment: Sendable {
        package let clock: any EngineClock
        package let logger: Logger
        /// Nil where a step runs without an engine.
        let children: ChildMaker?
        /// Nil where the store has no SQL.
        let transactions: (any TransactionalStore)?
        let tokens: (any TokenStore)?
        /// Registers the latest version of a flow. Nil where a step runs without an engine.
        let publish: (@Sendable (JSONObject) async throws -> Void)?
        /// Steps' code is only looked at: see ``Replay/Purpose/checking``.
        let checks: Bool

        package init(
            clock: any EngineClock, logger: Logger, tokens: (any TokenStore)? = nil, checks: Bool = false
        ) {
            self.checks = checks
            self.clock = clock
            self.logger = logger
            self.tokens = tokens
            children = nil
            publish = nil
            transactions = nil
        }

        init(
            clock: any EngineClock, logger: Logger, children: ChildMaker, transactions: (any TransactionalStore)?,
            tokens: any TokenStore, publish: @escaping @Sendable (JSONObject) async throws -> Void
        ) {
            self.publish = publish
            checks = false
            self.transactions = transactions
            self.tokens = tokens
            self.clock = clock
            self.logger = logger
            self.children = children
        }
    }

    private final class Undoing: Sendable {
        let compensation: Compensation
        let output: JSONValue?
        /// The step's own code undoes what it recorded.
        let isCode: Bool

        init(_ compensation: Compensation, _ output: JSONValue?, isCode: Bool) {
            self.compensation = compensation
            self.output = output
            self.isCode = isCode
        }
    }

    /// What stands for large results of children, read.
    package struct Expanded: Sendable {
        var context: JSONObject
        var results: JSONObject
        /// Of a step that is undone.
        var output: JSONValue?
    }

    /// 1 for the first attempt of this visit of the step.
    public let attempt: Int
    /// Grows with each attempt of the execution: a resource that remembers the highest one it saw can refuse a zombie.
    public let fencingToken: Int64
    /// The execution's context as the attempt began. What a handler changes goes back by its result.
    public let context: JSONObject
    /// When the attempt began, by the engine's clock.
    public let startedAt: Timestamp
    let creation: ExecutionCreation
    let node: FlowGraph.Node
    /// Steps entered before this one: tells two visits of a step apart.
    let visit: Int
    /// Attempts of this visit that failed.
    let failures: Int
    let environment: Environment
    /// In a rollback: how the step is undone, and what it returned.
    private let undoing: Undoing?
    /// Where the step's code leaves results.
    let keeper: (any CheckpointKeeper)?
    /// What it left there before.
    let recorded: [Checkpoint]
    private let replayBox = Mutex<Replay?>(nil)
    /// When it gave a sign of life, in microseconds of the monotonic clock.
    private let lastSign = Atomic<Int64>(.min)
    private let tokenBox = Mutex<[TokenNote]>([])
    /// Task graphs: the results of the steps before.
    private let results: JSONObject

    /// - Parameters:
    ///   - execution: the state that the attempt begins in.
    ///   - expanded: what children returned, where that is not in the state.
    package init(
        _ node: FlowGraph.Node, of execution: borrowing ExecutionState, startedAt: Timestamp,
        environment: Environment, keeper: (any CheckpointKeeper)? = nil, expanded: Expanded? = nil
    ) {
        self.node = node
        self.environment = environment
        self.startedAt = startedAt
        self.keeper = keeper
        let branch = execution.branch(at: node.id)
        creation = execution.creation
        attempt = branch?.attempt ?? 1
        visit = branch?.visit ?? 0
        failures = branch?.failures ?? 0
        fencingToken = execution.position
        context = expanded?.context ?? execution.context
        results = expanded?.results ?? execution.results
        undoing = nil
        recorded = branch?.checkpoints ?? []
    }

    /// The compensation of a completed step.
    package init(
        _ node: FlowGraph.Node, _ compensation: Compensation, of undo: Undo, in execution: borrowing ExecutionState,
        startedAt: Timestamp, environment: Environment, keeper: (any CheckpointKeeper)? = nil,
        expanded: Expanded? = nil
    ) {
        let isCode = node.compensate == nil
        self.node = node
        self.environment = environment
        self.startedAt = startedAt
        creation = execution.creation
        attempt = execution.attempt
        visit = undo.visit
        failures = 0
        fencingToken = execution.position
        context = expanded?.context ?? execution.context
        results = expanded?.results ?? execution.results
        // A compensation is one piece of work; code that undoes several records each.
        self.keeper = isCode ? keeper : nil
        recorded = isCode ? undo.checkpoints : []
        undoing = Undoing(compensation, expanded?.output ?? undo.output, isCode: isCode)
    }

    /// Whether a rollback undoes the step.
    public var isCompensation: Bool { undoing != nil }

    /// Whether the step's own code is entered again to undo what it recorded.
    var undoesCode: Bool { undoing?.isCode ?? false }

    /// What the handler gets.
    func input() throws(BudgetExceeded) -> JSONValue {
        guard let undoing, !undoing.isCode else {
            return try node.input.resolve(context: context, roots: roots) ?? .null
        }
        guard let selector = undoing.compensation.input else { return undoing.output ?? .null }
        return try selector.resolve(context: context, roots: ["output": undoing.output ?? .null]) ?? .null
    }

    /// What a task graph's paths see beside the context.
    var roots: JSONObject {
        guard !results.isEmpty else { return [:] }
        var roots: JSONObject = ["tasks": .object(results)]
        let dependencies = node.join.map(\.rawValue).sorted()
        if dependencies.count == 1 {
            roots["result"] = results[dependencies[0]] ?? .null
        } else {
            roots["result"] = .object(JSONObject(dependencies.map { ($0, results[$0] ?? .null) }))
        }
        return roots
    }

    public var executionID: ExecutionID { creation.id }
    public var flowID: String { creation.flowID }
    public var flowVersion: String { creation.flowVersion }
    public var tenantID: String? { creation.tenantID }
    public var stepID: StepID { node.id }
    /// The step's `config`, as the flow has it.
    public var config: JSONObject { undoing?.compensation.config ?? Job.config(of: creation) ?? node.config }
    /// The type of the handler that runs it.
    var handlerType: String { undoing?.compensation.type ?? node.type }
    /// Whether the step selects its input. False: the input is the whole context, by default or by `{type: full}`.
    public var hasExplicitInput: Bool { node.input != .full }
    /// How long the attempt may give no sign of life.
    var silenceLimit: Duration? { creation.terms?.heartbeat ?? node.heartbeat }
    public var clock: any EngineClock { environment.clock }
    public var logger: Logger { environment.logger }

    /// The stage that the step's code is in; nil: its first.
    var stage: Stage? { recorded.first.flatMap { Stage($0) } }

    /// The same for all attempts of this visit of the step and for no other: 32 hexadecimal digits. Each stage of a task
    /// has its own.
    public var idempotencyToken: String {
        let part = isCompensation ? "/undo" : stage.map { "/stage/\($0.number)" } ?? ""
        let digest = SHA256.hash(data: Array("\(executionID)/\(visit)/\(stepID)\(part)".utf8))
        return digest.prefix(16).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    /// Whether the attempt is to stop: cancelled, timed out, or no longer the owner's.
    public var isCancelled: Bool { Task.isCancelled }

    /// The present; in code that recorded something, the time when it recorded last: the same in every replay.
    public var now: Timestamp { replay?.time ?? clock.now }

    /// The replay of this attempt, if its code has begun one.
    var replay: Replay? { replayBox.withLock { $0 } }

    /// Begins one.
    func replaying() -> Replay {
        replayBox.withLock { replay in
            if let replay { return replay }
            let purpose: Replay.Purpose = undoesCode ? .undoing : environment.checks ? .checking : .work
            let made = Replay(stage == nil ? recorded : Array(recorded.dropFirst()), for: purpose)
            replay = made
            return made
        }
    }

    /// The attempt lives.
    func giveSign() { lastSign.store(clock.monotonic.microseconds, ordering: .relaxed) }

    /// When it gave a sign of life last; nil: never.
    var signOfLife: Duration? {
        let micros = lastSign.load(ordering: .relaxed)
        return micros == .min ? nil : .microseconds(micros)
    }

    /// The tokens that this attempt has made: they come into the log with its end.
    var tokenNotes: [TokenNote] { tokenBox.withLock { $0 } }

    func note(_ token: TokenNote) { tokenBox.withLock { $0.append(token) } }

    /// 32 bytes that are the same in every attempt of this visit of the step.
    func digest(_ purpose: String) -> [UInt8] {
        Array(SHA256.hash(data: Array("\(executionID)/\(visit)/\(stepID)/\(purpose)".utf8)))
    }
}
