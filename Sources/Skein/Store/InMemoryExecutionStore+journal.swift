// Appends: the log's end is the lock, and what hangs on a row happens only when the row was appended just now.

import SkeinCore

extension InMemoryExecutionStore {
    public func commit(_ batch: [Append], writer: Int) async throws -> [AppendOutcome] {
        transaction { state, now in
            batch.map { state.commit($0, at: now) }
        }
    }

    public func create(_ batch: [KeyedCreation]) async throws -> [KeyedOutcome] {
        for item in batch {
            if let problem = item.append.problem { throw problem }
            guard case .create = item.append.effect else {
                throw StoreError(.invalid, "an append under an idempotency key has to create its execution")
            }
        }
        return transaction { state, now in
            // In the order of the ids, so that the order of the batch decides nothing.
            let order = batch.indices.sorted { batch[$0].append.executionID < batch[$1].append.executionID }
            var outcomes = batch.map { _ in KeyedOutcome.created }
            for index in order { outcomes[index] = state.create(batch[index], at: now) }
            return outcomes
        }
    }
}

extension Append {
    /// Why no store can keep the row.
    fileprivate var problem: StoreError? {
        if position < 1 { return StoreError(.invalid, "a row of \(executionID) begins at position \(position)") }
        if count < 1 { return StoreError(.invalid, "a row of \(executionID) holds \(count) events") }
        guard case .create(let new, _) = effect else { return nil }
        if new.creation.id != executionID {
            return StoreError(.invalid, "the first row of \(executionID) creates \(new.creation.id)")
        }
        if position != 1 {
            return StoreError(.invalid, "the first row of \(executionID) begins at position \(position)")
        }
        return nil
    }
}

extension InMemoryExecutionStore.State {
    mutating func commit(_ append: Append, at now: Timestamp) -> AppendOutcome {
        if let problem = append.problem { return .refused(problem) }
        if case .create(let new, let ownership) = append.effect, executions[append.executionID] == nil {
            if let known = new.knownVersions, flows[new.creation.flowID, default: [:]].count != known {
                return .refused(
                    StoreError(.stale, "the flow '\(new.creation.flowID)' has other versions by now"))
            }
            if let parent = new.parent, ready[parent.executionID]?.claimID != parent.claimID {
                return .refused(
                    StoreError(.stale, "the parent \(parent.executionID) has ended or has another owner"))
            }
            create(new, ownership, at: now)
        }
        guard let execution = executions.index(forKey: append.executionID) else { return .fenced }
        guard append.position == executions.values[execution].end else {
            let isMine = executions.values[execution].writer(at: append.position) == append.operationID
            return isMine ? .committed(woken: false) : .fenced
        }
        let row = LogRow(
            position: append.position, count: append.count, kind: append.kind, at: append.at, body: append.body,
            hash: append.hash)
        executions.values[execution].log.append((row, append.operationID))
        return .committed(woken: settle(append, in: execution, at: now))
    }

    mutating func create(_ item: KeyedCreation, at now: Timestamp) -> KeyedOutcome {
        guard case .create(let new, _) = item.append.effect else { return .created }
        let scope = IdempotencyScope(tenantID: new.creation.tenantID ?? "", flowID: new.creation.flowID, key: item.key)
        if let key = keys[scope], key.expiresAt > now, key.executionID != item.append.executionID {
            return .exists(key.executionID, fingerprint: key.fingerprint, expiresAt: key.expiresAt)
        }
        if keys[scope].map({ $0.expiresAt <= now }) ?? true {
            keys[scope] = .init(
                executionID: item.append.executionID, fingerprint: item.fingerprint, expiresAt: now + item.ttl)
        }
        if executions[item.append.executionID] == nil { _ = commit(item.append, at: now) }
        return .created
    }

    private mutating func create(_ new: NewExecution, _ ownership: Ownership?, at now: Timestamp) {
        let id = new.creation.id
        executions[id] = .init(creation: new.creation)
        hasTenants = hasTenants || new.creation.tenantID != nil
        if let parent = new.creation.parentID {
            if let round = new.creation.parentRound {
                families[parent, default: .init()].rounds[round, default: .init()].children
                    .append((new.creation.ordinal, id))
            } else {
                families[parent, default: .init()].others.append(id)
            }
        }
        ids.insert(id, at: place(of: id))
        insertReady(
            id,
            .init(
                nextAt: ownership.map { now + $0.lease } ?? new.readyAt, needs: new.needs,
                priority: new.creation.priority,
                owner: ownership?.workerID, claimID: ownership?.claimID))
    }

    /// Does what a row that was just appended brings with it. Returns whether it parked and is due already.
    private mutating func settle(
        _ append: Append, in execution: Dictionary<ExecutionID, InMemoryExecutionStore.Execution>.Index,
        at now: Timestamp
    ) -> Bool {
        if let snapshot = append.snapshot {
            executions.values[execution].status = snapshot.status
            if let bytes = snapshot.bytes {
                executions.values[execution].snapshot = bytes
                executions.values[execution].covered = append.position + Int64(append.count) - 1
            }
        }
        if append.cascades { cascades.insert(append.executionID) }
        for scope in append.closedTokens { close(scope, of: append.executionID, at: now) }
        switch append.family {
        case .none: break
        case .expects(let rounds):
            for expected in rounds { families[append.executionID, default: .init()].rounds[expected.round] = .init() }
        case .reports(let parent, let round, let failed): fanIn.append((parent, round, failed))
        }
        if !append.consumed.isEmpty {
            executions.values[execution].inbox.removeAll { append.consumed.contains($0.generation) }
        }
        switch append.effect {
        case .none, .create:
            return false
        case .end(let status):
            executions.values[execution].status = status
            executions.values[execution].endedAt = now
            ready[append.executionID] = nil
            return false
        case .reopen(let needs):
            executions.values[execution].endedAt = nil
            deleted.remove(executions.values[execution].creation.rootID)
            // What was sent before keeps its number; no other item may get it.
            let generation = executions.values[execution].accepted.values.max() ?? 0
            insertReady(
                append.executionID,
                .init(
                    nextAt: now, needs: needs, priority: executions.values[execution].creation.priority, owner: nil,
                    claimID: nil, wakeGeneration: generation))
            return true
        case .park(let due, let seenGeneration, let needs):
            let woken = updateReady(append.executionID) { row in
                row.isPaused = append.kind == .pause
                return row.park(until: row.isPaused ? .distantFuture : due, seen: seenGeneration, needs: needs, at: now)
            }
            return woken ?? false
        }
    }
}

extension InMemoryExecutionStore.Ready {
    /// Lets go of the row. Returns whether it is due already: something came after `generation`, or its time has
    /// passed.
    mutating func park(until due: Timestamp, seen generation: Int64, needs: String, at now: Timestamp) -> Bool {
        owner = nil
        claimID = nil
        takeovers = 0
        self.needs = needs
        nextAt = wakeGeneration > generation && !isPaused ? now : due
        return nextAt <= now
    }
}
