public import SkeinCore

extension InMemoryExecutionStore {
    public func prune(_ request: PruneRequest) async throws -> PruneResult {
        transaction { state, now in
            var result = PruneResult()
            var looked = 0
            var gone: [ExecutionID] = []
            for id in state.ids[(request.after.map { state.place(behind: $0) } ?? 0)...] {
                guard looked < request.limit else { break }
                looked += 1
                result.last = id
                guard state.isExpired(id, request, at: now) else { continue }
                gone.append(id)
                let family = state.family(of: id)
                result.workflows += 1
                result.executions += family.count
                result.rows += family.reduce(0) { $0 + (state.executions[$1]?.log.count ?? 0) }
                if !request.dryRun { for member in family { state.forget(member) } }
            }
            if looked < request.limit { result.last = nil }
            if let first = gone.first, let last = gone.last, !request.dryRun {
                state.tell(
                    "retention.prune", "\(first)..\(last)", by: request.by, at: now,
                    [
                        "policy": .object(request.policy.codes), "roots": .int(Int64(result.workflows)),
                        "executions": .int(Int64(result.executions)), "logRows": .int(Int64(result.rows)),
                    ])
            }
            return result
        }
    }

    public func delete(_ root: ExecutionID, by: Intervention) async throws -> Bool {
        transaction { state, now in
            guard state.executions[root] != nil, state.family(of: root).allSatisfy({ state.ready[$0] == nil }) else {
                return false
            }
            if state.deleted.insert(root).inserted { state.tell("retention.delete", "\(root)", by: by, at: now) }
            return true
        }
    }

    public func hold(_ root: ExecutionID, _ isHeld: Bool, by: Intervention) async throws {
        transaction { state, now in
            let isNew = isHeld ? state.holds.insert(root).inserted : state.holds.remove(root) != nil
            if isNew { state.tell(isHeld ? "retention.hold" : "retention.release", "\(root)", by: by, at: now) }
        }
    }
}

extension InMemoryExecutionStore.State {
    /// The index of the first id beyond this one.
    fileprivate func place(behind id: ExecutionID) -> Int {
        let place = place(of: id)
        return place < ids.count && ids[place] == id ? place + 1 : place
    }

    /// A workflow: an execution and all that it started, directly or not.
    fileprivate func family(of root: ExecutionID) -> [ExecutionID] {
        var members = [root]
        var next = 0
        while next < members.count {
            if let family = families[members[next]] {
                members += family.others + family.rounds.values.flatMap { $0.children.map(\.id) }
            }
            next += 1
        }
        return members.filter { executions[$0] != nil }
    }

    fileprivate func isExpired(_ id: ExecutionID, _ request: PruneRequest, at now: Timestamp) -> Bool {
        guard let execution = executions[id], execution.creation.parentID == nil, !holds.contains(id),
            request.flowPrefix.map({ execution.creation.flowID.hasPrefix($0) }) ?? true
        else { return false }
        let since: Timestamp?
        var age: Duration?
        if let row = ready[id] {
            guard row.isPaused, row.claimID == nil else { return false }
            since = execution.log.last?.row.at
            age = request.policy.age(of: .paused)
        } else {
            since = execution.endedAt
            age = request.policy.age(of: execution.status)
            if deleted.contains(id) { age = RetentionPolicy.shortest }
        }
        guard let since, let age, since <= now + (.zero - age) else { return false }
        let horizon = now + (.zero - RetentionPolicy.shortest)
        return family(of: id).dropFirst().allSatisfy { member in
            ready[member] == nil && executions[member]?.endedAt.map { $0 <= horizon } ?? false
        }
    }

    fileprivate mutating func forget(_ id: ExecutionID) {
        guard let execution = executions.removeValue(forKey: id) else { return }
        let place = place(of: id)
        if place < ids.count, ids[place] == id { ids.remove(at: place) }
        ready[id] = nil
        families[id] = nil
        cascades.remove(id)
        deleted.remove(id)
        guard !execution.tokens.isEmpty else { return }
        let gone = Set(execution.tokens)
        for token in gone { tokens[token] = nil }
        tokenIDs = tokenIDs.filter { !gone.contains($0.value) }
    }
}
