import PostgresClient
public import Skein
public import SkeinCore

extension PostgresExecutionStore {
    public func claim(_ request: ClaimRequest) async throws -> ClaimResult {
        guard let tenant = request.tenantsAfter, request.limit > 1 else { return try await claimPlainly(request) }
        let query = PostgresQuery(
            ClaimQueries.claimFairly,
            take(request.ownership) + [
                .int4(Int32(clamping: request.limit / 2)), .array(.texts(request.handlers)), .text(tenant),
                .bool(request.takesOver),
            ])
        let (fair, last) = try await claiming {
            let result = try await connections.claims.query(query)
            return (try Self.claims(result), try result.first?.stringIfPresent(6))
        }
        var rest = request
        rest.limit -= fair.count
        var result = try await claimPlainly(rest)
        result.claims = fair + result.claims
        result.lastTenant = last
        return result
    }

    private func claimPlainly(_ request: ClaimRequest) async throws -> ClaimResult {
        let claim = PostgresQuery(
            ClaimQueries.claim,
            take(request.ownership) + [
                .int4(Int32(clamping: request.limit)), .array(.texts(request.handlers)),
                .microseconds(request.handlerWait), .bool(request.takesOver),
            ])
        let nextDue = PostgresQuery(
            ClaimQueries.nextDue,
            [
                .array(.texts(request.handlers)), .uuid(request.ownership.workerID.postgres), queryTime,
            ])
        return try await claiming {
            // Asked first, so that the ends of the leases that begin now do not count.
            let results = try await connections.claims.batch(request.limit > 0 ? [nextDue, claim] : [nextDue])
            return ClaimResult(
                claims: request.limit > 0 ? try Self.claims(results[1]) : [],
                nextDue: try results[0].first?.timeIfPresent(0), hasQueues: try results[0].first?.bool(1) ?? false,
                hasTenants: try results[0].first?.bool(2) ?? false,
                hasCascades: try results[0].first?.bool(3) ?? false,
                hasRequests: try results[0].first?.bool(4) ?? false)
        }
    }

    public func claim(_ ids: [ExecutionID], for ownership: Ownership, reach: ClaimReach) async throws -> [Claim] {
        guard !ids.isEmpty else { return [] }
        let span: Int64? =
            switch reach {
            case .due: 0
            case .within(let span): span.microseconds
            case .any: nil
            }
        let query = PostgresQuery(ClaimQueries.claimThese, take(ownership) + [.ids(ids), .int8(span)])
        return try await claiming { try Self.claims(try await connections.claims.query(query)) }
    }

    /// Worker, claim, lease, time.
    private func take(_ ownership: Ownership) -> [PostgresParameter] {
        [
            .uuid(ownership.workerID.postgres), .uuid(ownership.claimID.postgres), .microseconds(ownership.lease),
            queryTime,
        ]
    }

    /// A claim whose answer was lost is not asked for again: nobody knows it, so its lease runs out.
    private func claiming<R: Sendable>(_ body: () async throws -> R) async throws -> R {
        var failures = 0
        while true {
            do {
                return try await body()
            } catch let error as PostgresError {
                failures += 1
                guard [.again, .locked].contains(FailureKind(error)), failures < 10 else { throw StoreError(error) }
            }
            try await backoff(failures)
        }
    }

    private static func claims(_ result: PostgresResult) throws -> [Claim] {
        try result.rows.compactMap { row in
            guard try row.uuidIfPresent(0) != nil else { return nil }
            return Claim(
                executionID: try row.id(0), wakeGeneration: try row.int64(1), isTakeover: try row.bool(2),
                previousOwner: try row.idIfPresent(3), takeovers: Int(try row.int16(4)), dueAt: try row.time(5))
        }
    }

    public func renew(_ held: [HeldClaim], worker: WorkerID, lease: Duration) async throws -> Set<ExecutionID> {
        guard !held.isEmpty else { return [] }
        let holding = holding(held, worker)
        return try await insist {
            let results = try await connections.renewals.batch([
                PostgresQuery(ClaimQueries.renew, holding + [.microseconds(lease), queryTime]),
                PostgresQuery(ClaimQueries.stillMine, holding),
            ])
            var mine: Set<ExecutionID> = []
            for result in results { for row in result.rows { mine.insert(try row.id(0)) } }
            return mine
        }
    }

    public func release(_ held: [HeldClaim], worker: WorkerID) async throws {
        guard !held.isEmpty else { return }
        let query = PostgresQuery(ClaimQueries.release, holding(held, worker) + [queryTime])
        try await insist { _ = try await connections.claims.query(query) }
    }

    public func repark(_ held: HeldClaim, due: Timestamp, seenGeneration: Int64, needs: String) async throws -> Bool? {
        let query = PostgresQuery(
            ClaimQueries.repark,
            [
                .uuid(held.executionID.postgres), .uuid(held.claimID.postgres), .timestamptz(due.microseconds),
                .int8(seenGeneration),
                .text(needs), queryTime,
            ])
        return try await insist { try await connections.claims.query(query).first?.bool(0) }
    }

    /// Worker, ids, claims.
    private func holding(_ held: [HeldClaim], _ worker: WorkerID) -> [PostgresParameter] {
        [.uuid(worker.postgres), .ids(held.lazy.map(\.executionID)), .ids(held.lazy.map(\.claimID))]
    }
}
