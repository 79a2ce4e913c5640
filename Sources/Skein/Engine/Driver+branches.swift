// Several branches of one execution at once: their steps run beside each other, their results go into one row.

import Metrics
import SkeinCore
import Synchronization

/// Where the steps of an execution's branches leave what happened, and its driver finds all of it at once.
private final class BranchMailbox: CheckpointKeeper {
    enum Letter: Sendable {
        /// An attempt ended; nil: it was cut off.
        case ended(StepID, Fact?)
        /// A step's code wants this recorded, and waits for it.
        case checkpoint(Fact, CheckedContinuation<Bool, Never>)
        /// A step's code commits a row of its own, and waits for it.
        case row(SideWork, CheckedContinuation<Bool, Never>)

        /// Nothing comes of it: whoever waits for an answer must not wait for ever.
        func refuse() {
            switch self {
            case .checkpoint(_, let answer), .row(_, let answer): answer.resume(returning: false)
            case .ended: break
            }
        }
    }

    private struct State {
        var letters: [Letter] = []
        var isClosed = false
        var reader: UnsafeContinuation<Void, Never>?
        /// Something else to look at.
        var isPoked = false
    }

    let claimID: ClaimID
    private let state = Mutex(State())

    init(_ claimID: ClaimID) { self.claimID = claimID }

    /// Returns false when nobody reads any more.
    @discardableResult
    func post(_ letter: Letter) -> Bool {
        let (isPosted, reader) = state.withLock { state in
            guard !state.isClosed else { return (false, nil as UnsafeContinuation<Void, Never>?) }
            state.letters.append(letter)
            defer { state.reader = nil }
            return (true, state.reader)
        }
        reader?.resume()
        return isPosted
    }

    func record(_ fact: Fact, of step: StepContext) async throws {
        let isKept = await withCheckedContinuation { answer in
            if !post(.checkpoint(fact, answer)) { answer.resume(returning: false) }
        }
        if !isKept { throw CancellationError() }
    }

    func commit(of step: StepContext, _ work: @escaping SideWork) async throws {
        let isKept = await withCheckedContinuation { answer in
            if !post(.row(work, answer)) { answer.resume(returning: false) }
        }
        if !isKept { throw CancellationError() }
    }

    /// Nobody reads from here on; whoever waits for an answer gets none.
    func close() {
        let letters = state.withLock { state in
            state.isClosed = true
            defer { state.letters = [] }
            return state.letters
        }
        for letter in letters { letter.refuse() }
    }

    func poke() {
        let reader = state.withLock { state in
            state.isPoked = true
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }

    /// All that came, once anything has. Empty after a poke.
    func take() async -> [Letter] {
        await withUnsafeContinuation { reader in
            let isReady = state.withLock { state in
                guard state.letters.isEmpty, !state.isPoked else { return true }
                state.reader = reader
                return false
            }
            if isReady { reader.resume() }
        }
        return state.withLock { state in
            defer { (state.letters, state.isPoked) = ([], false) }
            return state.letters
        }
    }
}

extension Driver {
    /// Drives an execution while it has several branches. Nil: go on driving.
    func driveBranches(_ drive: inout Drive) async -> DriveEnd? {
        let mailbox = BranchMailbox(drive.slot.claimID)
        return await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                let end = await driveBranches(&drive, mailbox, &group)
                mailbox.close()
                group.cancelAll()
                return end
            }
        } onCancel: {
            mailbox.poke()
        }
    }

    private func driveBranches(_ drive: inout Drive, _ mailbox: BranchMailbox, _ group: inout DiscardingTaskGroup) async
        -> DriveEnd?
    {
        let decision = drive.flow.decision
        let room = drive.budget ?? configuration.concurrency
        var running: [StepID: StepContext] = [:]
        var marked: Set<StepID> = []
        var facts: [Fact] = []
        var waiting: [CheckedContinuation<Bool, Never>] = []
        defer { for answer in waiting { answer.resume(returning: false) } }
        var armed = Timestamp.distantFuture
        // Steps that wait for a limit, and those whose permits are to be given back.
        var queued: Set<StepID> = []
        var done: [StepID] = []
        drive.slot.listen { mailbox.poke() }
        defer { drive.slot.listen(nil) }
        while true {
            if drive.slot.stopped != nil || Task.isCancelled { return await giveBack(drive.slot) }
            let now = clock.now
            if let deadline = drive.state.creation.deadline, deadline <= now { facts = [.deadlineReached] }
            var plans = decision.plans(drive.state, inbox: drive.inbox, at: now, busy: Set(running.keys))
            facts += plans.facts
            if facts.isEmpty, let found = await attend(&drive) { facts = found }
            if facts.isEmpty {
                if drive.offer != nil, running.isEmpty, !plans.steps.isEmpty {
                    if let end = await handOut(&drive, plans.steps) { return end }
                    if !drive.state.isBranched { return nil }
                    continue
                }
                if drive.budget == 0 || (draining.isRaised && drive.budget == nil) {
                    if running.isEmpty, let node = plans.steps.first {
                        return await repark(&drive, due: drive.budget == 0 ? rest(drive.state) : now, needs: node.type)
                    }
                    plans.steps = []
                }
                plans.steps.removeAll { queued.contains($0.id) }
                // What this instance can do comes first: whoever does the rest owns the execution meanwhile.
                let canAct = plans.steps.contains { handlers[ofType: $0.type] != nil }
                for node in plans.steps.prefix(max(0, room - running.count)) {
                    guard let handler = handlers[ofType: node.type] else {
                        guard running.isEmpty, !canAct else { continue }
                        if let end = await handOver(&drive, node) { return end }
                        return nil
                    }
                    if isLimited(drive, handler) {
                        switch await enter(&drive, node.id, handler) {
                        case .open: break
                        case .queued:
                            queued.insert(node.id)
                            continue
                        case .lost: return await giveBack(drive.slot)
                        case .failed(let failure):
                            let attempt = drive.state.branches.first { $0.stepID == node.id }?.attempt ?? 1
                            facts.append(.stepFailed(beginning(node, attempt), failure))
                            continue
                        }
                    }
                    var expanded: StepContext.Expanded?
                    if drive.state.hasChildren {
                        do { expanded = try await children.expanded(drive.state, &drive.read) } catch {
                            facts += [unread(error, node, drive.state, at: now)].compactMap { $0 }
                            continue
                        }
                    }
                    let step = runner.attempt(node, of: drive.state, at: now, keeper: mailbox, expanded: expanded)
                    running[node.id] = step
                    if tracer.isActive { traceStart(step) }
                    group.addTask { [self] in
                        mailbox.post(.ended(node.id, await resolved(runner.run(step, by: handler))))
                    }
                }
                if !facts.isEmpty { continue }
                guard !running.isEmpty else {
                    if drive.slot.stopped != nil || Task.isCancelled { return await giveBack(drive.slot) }
                    var next = min(plans.due, drive.lookAgain ?? plans.due)
                    if !queued.isEmpty { next = min(next, drive.state.creation.deadline ?? next) }
                    return await repark(&drive, due: next, needs: drive.flow.needs(drive.state))
                }
                // Whoever is let in is told so, unless the word is lost.
                let due = queued.isEmpty ? plans.due : min(plans.due, now + configuration.sweep)
                let look = marking(running, marked, before: due)
                if look < armed {
                    armed = look
                    group.addTask { [clock] in
                        // Ends with the group at the latest.
                        if (try? await clock.sleep(for: max(.zero, look - clock.now))) != nil { mailbox.poke() }
                    }
                }
                var letters = await mailbox.take()[...]
                queued = []
                // The ones behind a letter that ends the drive.
                defer { for letter in letters { letter.refuse() } }
                if drive.slot.hasNews() {
                    drive.attended = []
                    if let loaded = try? await store.load([drive.slot.executionID])[drive.slot.executionID],
                        loaded.claimID == drive.slot.claimID
                    {
                        drive.inbox = loaded.inbox
                    }
                }
                while let letter = letters.popFirst() {
                    let (stepID, fact): (StepID, Fact?)
                    switch letter {
                    case .ended(let endedID, let ended): (stepID, fact) = (endedID, ended)
                    case .checkpoint(let fact, let answer):
                        facts.append(fact)
                        waiting.append(answer)
                        continue
                    case .row(let work, let answer):
                        let isOurs = await append(&drive, work)
                        answer.resume(returning: isOurs ?? false)
                        if isOurs == nil { return .lost }
                        continue
                    }
                    guard let step = running.removeValue(forKey: stepID) else { continue }
                    marked.remove(stepID)
                    if !drive.permits.attempts.isEmpty { done.append(stepID) }
                    if let budget = drive.budget { drive.budget = max(0, budget - 1) }
                    guard let fact else { return await giveBack(drive.slot) }
                    if case .stepFailed(_, let failure) = fact, failure.closesLimits,
                        let handler = handlers[ofType: step.node.type]
                    {
                        await closeLimits(drive, handler, after: failure)
                    }
                    metrics.steps.increment()
                    let tokens = step.tokenNotes
                    if !tokens.isEmpty { facts.append(.tokensChanged(tokens, consumed: [])) }
                    facts.append(fact)
                }
                if armed <= clock.now { armed = .distantFuture }
                facts += markers(running, &marked, at: clock.now)
                continue
            }
            defer { facts = [] }
            let end = await commit(&drive, facts[0], facts.dropFirst())
            for stepID in done { await giveBack(&drive, of: stepID, end) }
            done = []
            if let end { return end }
            for answer in waiting { answer.resume(returning: true) }
            waiting = []
            // One branch is left, or none: what still runs is nobody's.
            if !drive.state.isBranched, running.isEmpty { return nil }
            if drive.state.rollback != nil || drive.state.status.isEnded { return nil }
        }
    }

    /// A row that a step's code commits by itself. False: it was not written, and nobody else wrote; nil: somebody did, or
    /// nothing is known.
    private func append(_ drive: inout Drive, _ work: SideWork) async -> Bool? {
        guard drive.slot.stopped != .lost, let row = try? await work(LogEnd(drive.state), identity.id) else {
            return nil
        }
        switch row.outcome {
        case .committed:
            guard let row = row.row else { return nil }
            drive.state.apply(row.body.events, position: drive.state.position, at: row.body.at)
            drive.state.chain = row.hash
            return true
        case .refused: return false
        case .fenced: return nil
        }
    }

    /// When a step that runs is to be seen by people, or something else is due.
    private func marking(_ running: [StepID: StepContext], _ marked: Set<StepID>, before due: Timestamp) -> Timestamp {
        running.reduce(due) { due, entry in
            marked.contains(entry.key) ? due : min(due, entry.value.startedAt + configuration.startedMarker)
        }
    }

    private func markers(_ running: [StepID: StepContext], _ marked: inout Set<StepID>, at now: Timestamp) -> [Fact] {
        var facts: [Fact] = []
        for (stepID, step) in running.sorted(by: { $0.key < $1.key })
        where !marked.contains(stepID) && now - step.startedAt >= configuration.startedMarker {
            marked.insert(stepID)
            facts.append(.stepRunning(stepID, attempt: step.attempt, startedAt: step.startedAt))
        }
        return facts
    }
}
