// The log as evidence.

public import SkeinCore

extension Engine {
    /// Recomputes the hashes of one execution's log.
    ///
    /// - Throws: `executionNotFound`.
    public func verifyAudit(_ id: ExecutionID) async throws -> LogVerification {
        let verification = try await store.verifyLogs(.one(id), limit: 1)
        guard verification.misfits.isEmpty, try await store.record(id) == nil else { return verification }
        throw notFound(id)
    }

    /// Recomputes the hashes of the logs of executions created in a time, a page at a time.
    ///
    /// - Parameters:
    ///   - after: the `last` of the page before.
    ///   - limit: executions per page, 1 to 10,000.
    public func verifyAudit(
        from: Timestamp? = nil, to: Timestamp? = nil, after: ExecutionID? = nil, limit: Int = 1_000
    ) async throws -> LogVerification {
        try await store.verifyLogs(.range(from: from, to: to, after: after), limit: max(1, min(10_000, limit)))
    }
}
