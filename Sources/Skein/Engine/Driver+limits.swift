// Permits before steps: of the flow once, of a handler for each attempt.

import SkeinCore

/// What an owner knows of its execution's limits.
struct Permits {
    /// It is in: the flow's own limits are asked no more, unless they are closed.
    var isAdmitted = false
    /// Under which names it is in.
    var names: [LimitName] = []
    /// Those of attempts that run.
    var attempts: [(name: LimitName, stepID: StepID)] = []

    /// Takes those of one step out.
    mutating func take(of stepID: StepID) -> [(name: LimitName, stepID: StepID)] {
        guard !attempts.isEmpty else { return [] }
        defer { attempts.removeAll { $0.stepID == stepID } }
        return attempts.filter { $0.stepID == stepID }
    }
}

/// Whether a step may begin.
enum Entry: Sendable {
    case open
    /// It is in a queue, and will be woken.
    case queued
    /// The claim is, or nobody could be asked: what is ours still goes back.
    case lost
    case failed(StepFailure)
}

extension Driver {
    /// Whether anything has to be asked before a step: next to nothing for who has no limits.
    @inline(__always) func isLimited(_ drive: borrowing Drive, _ handler: AnyHandler?) -> Bool {
        handler?.metadata.limit != nil || limits.isAnyClosed
            || (drive.flow.isLimited && !drive.permits.isAdmitted)
    }

    /// Asks every limit that stands before a step.
    func enter(_ drive: inout Drive, _ stepID: StepID, _ handler: AnyHandler) async -> Entry {
        await enter(&drive, stepID, type: handler.metadata.type, handler.metadata.limit)
    }

    /// The same for a step that somebody outside runs, whose handler has no limit that is known here.
    func enter(_ drive: inout Drive, _ stepID: StepID, type: String, _ limit: HandlerLimit? = nil) async -> Entry {
        let requests: [PermitRequest]
        do {
            requests = try self.requests(&drive, stepID, type, limit)
        } catch {
            return .failed(StepFailure("INPUT_ERROR", "\(error)", isRetryable: false))
        }
        let entry = await ask(requests)
        guard case .open = entry else { return entry }
        drive.permits.isAdmitted = true
        for request in requests {
            if case .attempt = request.scope { drive.permits.attempts.append((request.name, stepID)) }
        }
        return .open
    }

    /// The flow's limits until it is in, and what is closed; then the handler's.
    private func requests(
        _ drive: inout Drive, _ stepID: StepID, _ type: String, _ limit: HandlerLimit?
    ) throws(BudgetExceeded) -> [PermitRequest] {
        let flow = drive.flow
        let creation = drive.state.creation
        let since = min(drive.dueAt, clock.now)
        let held = drive.slot.held
        var requests: [PermitRequest] = []
        func request(_ name: LimitName, _ limit: Limit, _ scope: PermitRequest.Scope) {
            requests.append(
                PermitRequest(
                    held: held, name: name, limit: limit, scope: scope, tenantID: creation.tenantID,
                    priority: creation.priority, since: since))
        }
        if drive.permits.names.isEmpty { drive.permits.names = try flow.limitNames(creation) }
        for (name, limit) in zip(drive.permits.names, flow.limits)
        where !drive.permits.isAdmitted || limits.isClosed(name) {
            request(name, limit, .execution)
        }
        let whole = LimitName.flow(flow.spec.id)
        if limits.isClosed(whole), !drive.permits.names.contains(whole) { request(whole, Limit(), .execution) }
        let key = try limit?.key?.value(in: drive.state.context)
        if limits.isClosed(.handler(type)), limit == nil || key != nil {
            request(.handler(type), Limit(), .execution)
        }
        if let limit { request(.handler(type, key: key), limit.limit, .attempt(stepID)) }
        return requests
    }

    /// One after the other, until one has no room.
    private func ask(_ requests: [PermitRequest]) async -> Entry {
        for request in requests {
            guard let (answer, admission) = try? await store.acquire(request) else { return .lost }
            limits.settle(admission, of: request.name)
            switch answer {
            case .granted: continue
            case .queued: return .queued
            case .lost: return .lost
            }
        }
        return .open
    }

    /// What becomes of a step that may not begin. Nil: go on driving.
    func turnAway(_ drive: inout Drive, _ node: FlowGraph.Node, _ entry: Entry) async -> DriveEnd? {
        switch entry {
        case .open: return nil
        case .queued: return await queue(&drive, needs: node.type)
        case .lost: return await giveBack(drive.slot)
        case .failed(let failure):
            return await commit(&drive, .stepFailed(beginning(node, drive.state.main?.attempt ?? 1), failure))
        }
    }

    /// An attempt that ends where it begins.
    func beginning(_ node: FlowGraph.Node, _ attempt: Int) -> StepAttempt {
        let now = clock.now
        return StepAttempt(stepID: node.id, attempt: attempt, startedAt: now, endedAt: now)
    }

    /// Waits in the queue of a limit: nothing is recorded, whoever lets it in wakes it.
    func queue(_ drive: inout Drive, needs: String) async -> DriveEnd {
        let held = drive.slot.held
        let taken = drive.permits.attempts
        drive.permits.attempts = []
        let due = min(drive.state.creation.deadline ?? .distantFuture, drive.lookAgain ?? .distantFuture)
        let end = await repark(&drive, due: due, needs: needs)
        if !taken.isEmpty { await limits.giveBack(held, taken, isOver: true) }
        return end
    }

    /// After the row that ended an attempt. `end`: how the drive ends with it.
    func giveBack(_ drive: inout Drive, of stepID: StepID, _ end: DriveEnd?) async {
        let permits = drive.permits.take(of: stepID)
        if !permits.isEmpty { await limits.giveBack(drive.slot.held, permits, isOver: end != nil) }
    }

    /// A failure that concerns all who are under the same limits.
    func closeLimits(_ drive: borrowing Drive, _ handler: AnyHandler, after failure: StepFailure) async {
        guard failure.closesLimits, let span = failure.retryAfter, span > .zero else { return }
        var names = drive.permits.names
        if let limit = handler.metadata.limit {
            let key = try? limit.key?.value(in: drive.state.context)
            names = [.handler(handler.metadata.type, key: key)]
        }
        guard let name = names.last else { return }
        let closure = LimitRecord.Closure(
            until: clock.now + span, reason: "\(failure.failure.code): \(failure.failure.message)",
            actor: drive.slot.executionID.description)
        try? await store.close(name, closure, isFinal: false)
        await limits.refresh()
        coordination.wakes.signal([WakeHint(executionID: nil, reason: WakeHint.limits)])
    }

    /// The execution has ended: somebody else may go on.
    func makeRoom(_ drive: borrowing Drive, _ end: DriveEnd) {
        guard drive.flow.isLimited, end == .ended else { return }
        limits.freed((try? drive.flow.limitNames(drive.state.creation)) ?? [])
    }
}

extension WakeHint {
    /// Limits were closed or opened.
    static let limits = "limits"
}

extension CompiledFlow {
    var isLimited: Bool { spec.concurrency != nil || spec.rate != nil }

    /// In the order in which they are asked.
    var limits: [Limit] { [spec.concurrency, spec.rate].compactMap { $0?.limit } }

    /// The names of `limits` for an execution.
    func limitNames(_ creation: ExecutionCreation) throws(BudgetExceeded) -> [LimitName] {
        var names: [LimitName] = []
        if let limit = spec.concurrency {
            names.append(.flow(spec.id, key: try limit.key?.value(in: creation.context)))
        }
        if let limit = spec.rate { names.append(.rate(spec.id, key: try limit.key?.value(in: creation.context))) }
        return names
    }
}
