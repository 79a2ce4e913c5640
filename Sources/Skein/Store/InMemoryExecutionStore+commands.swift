// What anybody may do to an execution without owning it, and the fences of named locks.

public import SkeinCore

extension InMemoryExecutionStore {
    public func send(_ message: InboxMessage) async throws -> SendOutcome {
        transaction { state, now in
            state.send(message, at: now)
        }
    }

    public func cancel(_ id: ExecutionID, operationID: OperationID, at: Timestamp, body: [UInt8]) async throws
        -> CancelOutcome
    {
        transaction { state, now in
            guard let execution = state.executions[id] else { return .notAlive }
            if let mine = execution.log.last(where: { $0.operationID == operationID && $0.row.kind == .cancel }) {
                return .cancelled(position: mine.row.position)
            }
            guard state.ready.removeValue(forKey: id) != nil else { return .notAlive }
            let hash = RowHash.of(
                id, position: execution.end, count: 1, kind: .cancel, operationID: operationID, body: body,
                after: execution.log.last?.row.hash)
            let row = LogRow(position: execution.end, count: 1, kind: .cancel, at: at, body: body, hash: hash)
            state.executions[id]?.log.append((row, operationID))
            state.executions[id]?.status = .cancelled
            state.executions[id]?.endedAt = now
            if state.families[id] != nil { state.cascades.insert(id) }
            if let parent = execution.creation.parentID, let round = execution.creation.parentRound,
                !execution.log.contains(where: { $0.row.kind == .reopened })
            {
                state.fanIn.append((parent, round, failed: true))
            }
            return .cancelled(position: row.position, tokens: state.close(.all, of: id, at: now))
        }
    }

    public func fence(_ name: String, holder: String, ttl: Duration) async throws -> Int64? {
        transaction { state, now in
            var fence = state.fences[name] ?? Fence(expiresAt: now)
            if let current = fence.holder, current != holder, fence.expiresAt > now { return nil }
            fence = Fence(token: fence.token + 1, holder: holder, expiresAt: now + ttl)
            state.fences[name] = fence
            return fence.token
        }
    }

    public func extendFence(_ name: String, token: Int64, holder: String, ttl: Duration) async throws -> Bool {
        transaction { state, now in
            guard let fence = state.fences[name], fence.token == token, fence.holder == holder else { return false }
            state.fences[name]?.expiresAt = now + ttl
            return true
        }
    }

    public func releaseFence(_ name: String, token: Int64, holder: String) async throws {
        transaction { state, _ in
            guard let fence = state.fences[name], fence.token == token, fence.holder == holder else { return }
            state.fences[name]?.holder = nil
        }
    }
}

extension InMemoryExecutionStore.State {
    mutating func send(_ message: InboxMessage, at now: Timestamp) -> SendOutcome {
        let id = message.executionID
        if let generation = executions[id]?.accepted[message.operationID] { return .accepted(generation: generation) }
        if message.kind == .resume, executions[id]?.resumed.contains(message.name) == true, ready[id] != nil {
            return .taken
        }
        let bumped = updateReady(id) { row in
            row.wakeGeneration += 1
            // Level-triggered: an owner finds the newer generation when it parks.
            if row.claimID == nil, !row.isPaused { row.nextAt = min(row.nextAt, now) }
            return row.wakeGeneration
        }
        guard let generation = bumped else { return .notAlive }
        let item = InboxItem(generation: generation, kind: message.kind, name: message.name, payload: message.payload)
        executions[id]?.inbox.append(item)
        if message.kind == .resume { executions[id]?.resumed.insert(message.name) }
        executions[id]?.accepted[message.operationID] = generation
        return .accepted(generation: generation)
    }
}
