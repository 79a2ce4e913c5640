// Creation under idempotency keys. The keys' primary key lets one creator win; the others wait for its commit and read
// who it was.

import PostgresClient
public import Skein
import SkeinCore

extension PostgresExecutionStore {
    public func create(_ batch: [KeyedCreation]) async throws -> [KeyedOutcome] {
        if let problem = batch.lazy.compactMap(\.append.problem).first { throw problem }
        guard batch.allSatisfy(\.append.isCreation) else {
            throw StoreError(.invalid, "an append under an idempotency key has to create its execution")
        }
        var outcomes: [ExecutionID: KeyedOutcome] = [:]
        var remaining = batch.sorted { $0.append.executionID < $1.append.executionID }
        while !remaining.isEmpty {
            let round = remaining
            let results = try await insist {
                try await connections.pool.withConnection { try await $0.batch([keys(round), keyed(round)]) }
            }
            let answers = try once { try KeyedAnswer.read(results[1]) }
            remaining = round.filter { creation in
                guard let outcome = answers[creation.append.executionID]?.outcome(for: creation.append.executionID)
                else { return true }
                outcomes[creation.append.executionID] = outcome
                return false
            }
            try await dropExpired(remaining)
        }
        return try batch.map { creation in
            guard let outcome = outcomes[creation.append.executionID] else {
                throw StoreError(.corrupt, "a creation was not answered")
            }
            return outcome
        }
    }

    private func once<R>(_ body: () throws -> R) throws -> R {
        do { return try body() } catch let error as PostgresError { throw StoreError(error) }
    }

    private func keys(_ batch: [KeyedCreation]) -> PostgresQuery {
        PostgresQuery(
            CreationQueries.keys,
            scopes(batch) + [
                .ids(batch.map(\.append.executionID)), .array(.byteas(batch.map(\.fingerprint))),
                .array(.int8s(batch.map(\.ttl.microseconds))), queryTime,
            ])
    }

    /// Tenants, flows, keys.
    private func scopes(_ batch: [KeyedCreation]) -> [PostgresParameter] {
        let made = batch.compactMap { $0.append.new?.execution.creation }
        return [
            .array(.texts(made.map { $0.tenantID ?? "" })), .array(.texts(made.map(\.flowID))),
            .array(.texts(batch.map(\.key))),
        ]
    }

    private func keyed(_ batch: [KeyedCreation]) -> PostgresQuery {
        let new = batch.compactMap(\.append.new)
        let made = new.map(\.execution.creation)
        return PostgresQuery(
            CreationQueries.keyed,
            [.ids(batch.map(\.append.executionID))] + scopes(batch) + [
                .array(.texts(made.map(\.flowVersion))), .array(.texts(optional: made.map(\.tag))),
                .array(.uuids(optional: made.map { $0.parentID?.postgres })), .ids(made.map(\.rootID)),
                .array(.int2s(made.map(\.priority))), .array(.timestamps(made.map(\.createdAt.microseconds))),
                .array(.timestamps(new.map(\.execution.readyAt.microseconds))),
                .array(.texts(new.map(\.execution.needs))),
                .array(.uuids(optional: new.map { $0.ownership?.workerID.postgres })),
                .array(.uuids(optional: new.map { $0.ownership?.claimID.postgres })),
                .array(.int8s(new.map { $0.ownership?.lease.microseconds ?? 0 })),
                .ids(batch.map(\.append.operationID)),
                .array(.byteas(batch.map(\.append.body))), .array(.int2s(batch.map(\.append.count))), queryTime,
                .array(.timestamps(batch.map(\.append.at.microseconds))), .array(.byteas(batch.map(\.append.hash))),
            ])
    }

    private func dropExpired(_ batch: [KeyedCreation]) async throws {
        guard !batch.isEmpty else { return }
        try await insist {
            _ = try await connections.pool.query(
                PostgresQuery(CreationQueries.dropExpired, scopes(batch) + [queryTime]))
        }
    }
}

/// What the database says about one key.
private struct KeyedAnswer {
    var holder: ExecutionID
    var fingerprint: [UInt8]
    var expiresAt: Timestamp
    var isExpired: Bool

    static func read(_ result: PostgresResult) throws -> [ExecutionID: KeyedAnswer] {
        var answers: [ExecutionID: KeyedAnswer] = [:]
        for row in result.rows {
            guard let holder = try row.idIfPresent(1, as: ExecutionID.self) else { continue }
            answers[try row.id(0)] = KeyedAnswer(
                holder: holder, fingerprint: try row.bytes(2), expiresAt: try row.time(3), isExpired: try row.bool(4))
        }
        return answers
    }

    /// Nil when the key has to be asked for again: its holder's time is over.
    func outcome(for id: ExecutionID) -> KeyedOutcome? {
        if holder == id { return .created }
        return isExpired ? nil : .exists(holder, fingerprint: fingerprint, expiresAt: expiresAt)
    }
}
