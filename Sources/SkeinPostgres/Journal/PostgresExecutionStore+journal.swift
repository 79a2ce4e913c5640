// Commits. The plain path is one round trip: appends and all that depends on them in one implicit transaction, so a
// taken place undoes everything. The careful path asks first which places were free, in a transaction, and sends only
// what depends on those.

import Logging
import PostgresClient
public import Skein
import SkeinCore

extension PostgresExecutionStore {
    public func commit(_ batch: [Append], writer: Int) async throws -> [AppendOutcome] {
        var run = CommitRun(batch, epoch: incarnation.epoch)
        let statements = CommitStatements(batch: batch, now: queryTime)
        while var work = run.next() {
            guard !work.rows.isEmpty else { continue }
            if work.failures > 0 { try await backoff(work.failures) }
            do {
                try await connections.writers.withConnection { connection in
                    try await attempt(&work, of: &run, statements, on: connection)
                }
            } catch let error as PostgresError {
                if case .fail(let failure) = run.fail(work, error) { throw failure }
                logger.debug(
                    "a commit is repeated", metadata: ["postgres.error": "\(error)", "rows": "\(work.rows.count)"])
            }
        }
        return try run.finished()
    }

    private func attempt(
        _ work: inout CommitRun.Work, of run: inout CommitRun, _ statements: CommitStatements,
        on connection: PostgresConnection
    ) async throws {
        guard let epoch = incarnation.observe(connection.serverIdentity) else {
            await connection.close()
            throw PostgresError(code: .connectFailed, message: "the server was left behind by a promotion")
        }
        run.restrict(&work, to: epoch)
        guard !work.rows.isEmpty else { return }
        if work.isCareful {
            try await commitCarefully(work, of: &run, statements, on: connection)
        } else {
            try await commitPlainly(work, of: &run, statements, on: connection)
        }
    }

    private func commitPlainly(
        _ work: CommitRun.Work, of run: inout CommitRun, _ statements: CommitStatements,
        on connection: PostgresConnection
    ) async throws {
        let (dependents, park) = statements.dependents(work.rows)
        #if SKEIN_FAILPOINTS
        await Failpoint.reach("commit.beforeSend")
        #endif
        let results = try await connection.batch([statements.append(work.rows, unlessTaken: false)] + dependents)
        #if SKEIN_FAILPOINTS
        if await Failpoint.reach("commit.afterSend") {
            throw PostgresError(code: .connectionLost, message: "lost by a failpoint", outcomeUnknown: true)
        }
        #endif
        run.succeed(work.rows, woken: try Self.woken(results, at: park.map { $0 + 1 }))
    }

    private func commitCarefully(
        _ work: CommitRun.Work, of run: inout CommitRun, _ statements: CommitStatements,
        on connection: PostgresConnection
    ) async throws {
        let appended = try await connection.batch([
            AppendQueries.begin, statements.append(work.rows, unlessTaken: true),
        ])
        let free = Set(try appended[1].rows.map { try $0.uuid(0) })
        let mine = work.rows.filter { free.contains(statements.batch[$0].executionID.postgres) }[...]
        let others = work.rows.filter { !free.contains(statements.batch[$0].executionID.postgres) }[...]

        let (dependents, park) = statements.dependents(mine)
        let results = try await connection.batch(dependents + [AppendQueries.commit])
        guard results.last?.commandTag == "COMMIT" else {
            throw PostgresError(code: .rolledBack, message: "the transaction was rolled back")
        }
        run.succeed(mine, woken: try Self.woken(results, at: park))
        #if SKEIN_FAILPOINTS
        if work.isUnknown, !mine.isEmpty { Failpoint.note("commit.reapplied") }
        #endif
        guard !others.isEmpty else { return }

        // A statement after the transaction, so that it sees what the append waited for.
        var isMine: [PostgresUUID: Bool] = [:]
        for row in try await connection.query(statements.whose(others)).rows {
            isMine[try row.uuid(0)] = try row.bool(1)
        }
        for row in others {
            let answer = isMine[statements.batch[row].executionID.postgres] ?? false
            #if SKEIN_FAILPOINTS
            if work.isUnknown, answer { Failpoint.note("commit.mine") }
            #endif
            run.settle(CollectionOfOne(row), as: answer ? .committed(woken: false) : .fenced)
        }
    }

    private static func woken(_ results: [PostgresResult], at index: Int?) throws -> Set<PostgresUUID> {
        guard let index else { return [] }
        var woken: Set<PostgresUUID> = []
        for row in results[index].rows where try row.bool(1) { woken.insert(try row.uuid(0)) }
        return woken
    }
}
