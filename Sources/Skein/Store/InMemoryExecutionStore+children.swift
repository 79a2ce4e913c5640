public import SkeinCore

extension InMemoryExecutionStore {
    public func children(of parent: ExecutionID, round: Int64, wakeAt: Int?, failsFast: Bool) async throws
        -> ChildCount
    {
        transaction { state, _ in
            if let wakeAt {
                state.families[parent]?.rounds[round]?.wakeAt = wakeAt
                state.families[parent]?.rounds[round]?.failsFast = failsFast
            }
            let round = state.families[parent]?.rounds[round]
            return ChildCount(
                started: round?.children.count ?? 0, ended: round?.ended ?? 0, failed: round?.failed ?? 0)
        }
    }

    public func children(of parent: ExecutionID, round: Int64?, from ordinal: Int, limit: Int) async throws
        -> [ExecutionID]
    {
        transaction { state, _ in
            guard let family = state.families[parent] else { return [] }
            guard let round else {
                let all = family.rounds.values.flatMap { $0.children.map(\.id) } + family.others
                return Array(all.sorted().dropFirst(ordinal).prefix(limit))
            }
            let children = (family.rounds[round]?.children ?? []).sorted { $0.ordinal < $1.ordinal }
            return children.filter { $0.ordinal >= Int32(clamping: ordinal) }.prefix(limit).map(\.id)
        }
    }

    public func cascades(limit: Int) async throws -> [ExecutionID] {
        transaction { state, _ in Array(state.cascades.sorted().prefix(limit)) }
    }

    public func endCascade(of id: ExecutionID) async throws {
        transaction { state, _ in _ = state.cascades.remove(id) }
    }

    public func countEndedChildren() async throws -> [ExecutionID] {
        transaction { state, now in
            var woken: [ExecutionID] = []
            for (parent, round, hasFailed) in state.fanIn {
                guard var counted = state.families[parent]?.rounds[round] else { continue }
                counted.ended += 1
                if hasFailed { counted.failed += 1 }
                state.families[parent]?.rounds[round] = counted
                guard counted.ended >= counted.wakeAt || (counted.failsFast && counted.failed > 0) else { continue }
                let isAlive: Void? = state.updateReady(parent) { row in
                    row.wakeGeneration += 1
                    if row.claimID == nil, !row.isPaused { row.nextAt = min(row.nextAt, now) }
                }
                if isAlive != nil { woken.append(parent) }
            }
            state.fanIn = []
            return woken
        }
    }
}
