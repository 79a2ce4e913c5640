// Who did what to flows, schedules, limits and what is stored: an entry within the transaction that did it.

import SkeinCore

extension InMemoryExecutionStore {
    public func auditTrail(_ query: AuditTrailQuery) async throws -> [AuditTrailEntry] {
        transaction { state, _ in
            let found = state.trail.reversed().lazy.filter { entry in
                (query.target == nil || entry.target == query.target)
                    && (query.action == nil || entry.action == query.action)
                    && (query.actor == nil || entry.by.actor == query.actor)
                    && (query.before.map { entry.id < $0 } ?? true)
            }
            return Array(found.prefix(query.limit))
        }
    }
}

extension InMemoryExecutionStore.State {
    /// - Parameter by: Default: the present caller.
    mutating func tell(
        _ action: String, _ target: String, by: Intervention = Intervention().told, at now: Timestamp,
        _ details: JSONObject = [:]
    ) {
        trail.append(
            AuditTrailEntry(
                id: Int64(trail.count + 1), at: now, action: action, target: target, by: by, details: details))
    }
}
