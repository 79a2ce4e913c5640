// Calls a handler and turns whatever it does into a fact. Knows no store and no claim.

import Logging
import SkeinCore

final class StepRunner: Sendable {
    let environment: StepContext.Environment
    let handlers: HandlerRegistry
    let defaultTimeout: Duration?
    /// Handlers that ran past their end and do not stop.
    let stragglers: Tally

    init(
        clock: any EngineClock, logger: Logger, handlers: HandlerRegistry, children: ChildMaker,
        transactions: (any TransactionalStore)?, tokens: any TokenStore, defaultTimeout: Duration?, stragglers: Tally,
        publish: @escaping @Sendable (JSONObject) async throws -> Void
    ) {
        self.stragglers = stragglers
        self.handlers = handlers
        environment = StepContext.Environment(
            clock: clock, logger: logger, children: children, transactions: transactions, tokens: tokens,
            publish: publish)
        self.defaultTimeout = defaultTimeout
    }

    /// The attempt that comes next.
    func attempt(
        _ node: FlowGraph.Node, of execution: borrowing ExecutionState, at now: Timestamp,
        keeper: any CheckpointKeeper, expanded: StepContext.Expanded? = nil
    ) -> StepContext {
        StepContext(
            node, of: execution, startedAt: now, environment: environment, keeper: keeper, expanded: expanded)
    }

    /// How the attempt ended; nil: it was cut off and nothing may be recorded.
    ///
    /// Inlined, as is the driver's attempt.
    @inline(__always) func run(_ step: StepContext, by handler: AnyHandler) async -> Fact? {
        let input: JSONValue
        do {
            if let condition = step.node.when, !step.isCompensation {
                switch try await holds(condition, step) {
                case .yes: break
                case .no: return .stepSkipped(step.stepID, .condition)
                case .unknown(let failure): return .stepFailed(step.ended(at: step.now), failure)
                }
            }
            input = try step.input()
        } catch let error as BudgetExceeded {
            return fact(
                StepFailure("INPUT_ERROR", "\(error)", isRetryable: false), step.ended(at: step.startedAt), step)
        } catch {
            return fact(error, step.ended(at: step.now), step)
        }
        #if SKEIN_FAILPOINTS
        await Failpoint.reach("step.beforeHandler")
        #endif
        let body = step.undoesCode ? Self.undoing(handler.body) : handler.body
        let limit = limit(of: step)
        guard limit != nil || step.silenceLimit != nil else {
            do {
                let result = try await body(input, step)
                #if SKEIN_FAILPOINTS
                await Failpoint.reach("step.afterHandler")
                #endif
                return fact(result, step.ended(at: step.now), step)
            } catch {
                return fact(error, step.ended(at: step.now), step)
            }
        }
        let heartbeat = step.silenceLimit.map { interval in
            TimeLimit.Heartbeat(interval: interval) { step.signOfLife }
        }
        let outcome = await TimeLimit.run(
            limit, heartbeat: heartbeat, clock: step.clock, stragglers: stragglers
        ) {
            try await body(input, step)
        }
        let attempt = step.ended(at: step.now)
        switch outcome {
        case .finished(.success(let result)): return fact(result, attempt, step)
        case .finished(.failure(let error)): return fact(error, attempt, step)
        case .timedOut where step.isCompensation:
            let limit = limit?.wholeMilliseconds ?? 0
            return .compensationFailed(
                attempt, StepFailure("TIMEOUT", "the compensation did not end within \(limit) ms"))
        case .silent where step.isCompensation:
            let limit = step.silenceLimit?.wholeMilliseconds ?? 0
            return .compensationFailed(
                attempt, StepFailure("TIMEOUT", "the compensation gave no sign of life for \(limit) ms"))
        case .timedOut:
            if let deadline = step.creation.deadline, attempt.endedAt >= deadline { return .deadlineReached }
            return .stepTimedOut(attempt, limit: limit ?? .zero)
        case .silent:
            return .stepTimedOut(attempt, limit: step.silenceLimit ?? .zero, isSilent: true)
        case .cancelled: return nil
        }
    }

    /// Enters a step's code again, to undo what it comes by.
    private static func undoing(_ code: @escaping AnyHandler.Body) -> AnyHandler.Body {
        { input, step in
            // However the code ends: what it came by is what it can undo.
            _ = try? await code(input, step)
            try await step.undoPieces()
            return .completed(.null)
        }
    }

    /// A cancelled attempt that says so has not failed.
    func fact(_ error: any Error, _ attempt: StepAttempt, _ step: StepContext) -> Fact? {
        if let left = step.replay?.departure { return .waitRequested(attempt, left) }
        if error is CancellationError, Task.isCancelled { return nil }
        return step.isCompensation
            ? .compensationFailed(attempt, failure(of: error)) : .stepFailed(attempt, failure(of: error))
    }

    enum Answer {
        case yes, no
        case unknown(StepFailure)
    }

    /// Asks the handlers that a condition names, then the condition.
    func holds(_ condition: Condition, _ step: StepContext) async throws -> Answer {
        var answers: [String: Bool] = [:]
        for name in condition.handlerNames.sorted() {
            guard let handler = handlers[ofType: name] else {
                return .unknown(StepFailure("HANDLER_NOT_FOUND", "no handler answers the condition '\(name)'"))
            }
            switch try await handler.body(.object(step.context), step) {
            case .completed(.bool(let answer), _): answers[name] = answer
            case .failed(let failure): return .unknown(failure)
            case .completed, .wait, .children:
                return .unknown(
                    StepFailure(
                        "INVALID_OUTPUT", "the handler '\(name)' of a condition must answer true or false",
                        isRetryable: false))
            }
        }
        return try condition.evaluate(step.context, roots: step.roots, answers: answers) ? .yes : .no
    }

    /// The step's own limit, cut to what the execution has left.
    func limit(of step: StepContext) -> Duration? {
        let own = step.creation.terms?.timeout ?? step.node.timeout ?? defaultTimeout
        guard let deadline = step.creation.deadline, !step.isCompensation else { return own }
        let left = max(.zero, deadline - step.startedAt)
        return own.map { min($0, left) } ?? left
    }

    func fact(_ result: StepResult<JSONValue>, _ attempt: StepAttempt, _ step: StepContext) -> Fact {
        if step.isCompensation { return undone(result, attempt) }
        // Code that has left waits, whatever it returned on its way out.
        if let left = step.replay?.departure { return .waitRequested(attempt, left) }
        switch result {
        case .completed(let output, let next):
            if output.isNull { return .stepSucceeded(attempt, output: nil, next: next) }
            guard !output.isDeeper(than: JSONLimits.stored.maxDepth) else { return .stepFailed(attempt, .notStorable) }
            let encoded = EncodedValue(encoding: output)
            guard !encoded.mayHoldNul || output.isStorable else { return .stepFailed(attempt, .notStorable) }
            return .stepSucceeded(attempt, output: encoded, next: next)
        case .failed(let failure):
            return .stepFailed(attempt, failure.storable)
        case .wait(let request):
            guard request.output?.isStorable ?? true else { return .stepFailed(attempt, .notStorable) }
            return .waitRequested(attempt, request)
        case .children(let request):
            guard JSONValue.array(request.contexts.map { .object($0) }).isStorable else {
                return .stepFailed(attempt, .notStorable)
            }
            // The version is the driver's to find.
            var spawn = Spawn(
                flowID: request.flowID, flowVersion: request.flowVersion ?? "", contexts: request.contexts,
                concurrency: request.concurrency, collects: request.collects, isMap: request.isMap,
                awaits: request.awaits, metadata: request.metadata, at: attempt.endedAt)
            spawn.yields = request.yields
            spawn.stage = request.stage
            spawn.kinds = request.kinds
            spawn.kindOfChild = request.kindOfChild
            return .childrenRequested(attempt, spawn)
        }
    }

    private func undone(_ result: StepResult<JSONValue>, _ attempt: StepAttempt) -> Fact {
        switch result {
        case .completed: .compensated(attempt)
        case .failed(let failure): .compensationFailed(attempt, failure.storable)
        case .wait, .children:
            .compensationFailed(
                attempt, StepFailure("INVALID_OUTPUT", "a compensation cannot wait", isRetryable: false))
        }
    }

    private func failure(of error: any Error) -> StepFailure {
        switch error {
        case let failure as StepFailure: failure.storable
        case let failure as Failure: StepFailure(failure).storable
        default: StepFailure("HANDLER_ERROR", String(describing: error)).storable
        }
    }
}

extension StepContext {
    func ended(at time: Timestamp) -> StepAttempt {
        StepAttempt(stepID: node.id, attempt: attempt, startedAt: startedAt, endedAt: time)
    }
}

extension JSONValue {
    /// Whether a row can hold it: no NUL, not deeper and not larger than what is read back.
    var isStorable: Bool {
        switch self {
        case .null, .bool, .int: true
        case .string(let text): !text.utf8.contains(0)
        default: exceeds(.stored) == nil
        }
    }
}

extension JSONLimits {
    /// Bounds of what the engine stores and reads back. The contract's own limits are tighter and name the place.
    static let stored = JSONLimits(maxBytes: 64 << 20, maxDepth: 256)
}

extension StepFailure {
    static let notStorable = StepFailure(
        "INVALID_OUTPUT",
        "the handler returned a value that cannot be stored: text with a NUL character (U+0000), more than 64 MiB or 256 levels",
        isRetryable: false)

    /// The longest message an audit event keeps.
    private static let messageLimit = 8_192

    /// The same failure without what a row cannot hold: NUL characters, and messages and details beyond all measure.
    var storable: StepFailure {
        var copy = self
        if copy.failure.message.utf8.contains(0) { copy.failure.message = copy.failure.message.filter { $0 != "\0" } }
        if copy.failure.message.utf8.count > Self.messageLimit {
            copy.failure.message = String(copy.failure.message.prefix(Self.messageLimit)) + "…"
        }
        if copy.failure.code.utf8.contains(0) || copy.failure.code.utf8.count > 200 {
            copy.failure.code = "STEP_FAILED"
        }
        if let details = copy.failure.details, !details.isStorable || details.byteCount > 65_536 {
            copy.failure.details = nil
        }
        return copy
    }
}
