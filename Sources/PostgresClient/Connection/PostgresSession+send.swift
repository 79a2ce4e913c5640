internal import CPostgres
internal import DequeModule
internal import Synchronization

extension PostgresSession {
    /// Hands a command to libpq, Sync included. A failure half-way loses the connection, so that nothing is committed.
    func send(_ command: PostgresCommand) throws(PostgresError) {
        inFlight.append(InFlightCommand(command))
        switch command.work {
        case .script(let sql):
            try sendScript(sql)
        case .pipeline(let queries):
            for query in queries { try send(query) }
            inFlight[inFlight.count - 1].mayCommit = true
            guard PQpipelineSync(connection) == 1 else { throw lost() }
            counters?.statements.add(queries.count, ordering: .relaxed)
            counters?.syncs.add(1, ordering: .relaxed)
        }
    }

    private func send(_ query: PostgresQuery) throws(PostgresError) {
        let statement = query.statement
        pack.load(query.parameters)
        guard !statement.isAdHoc else {
            let types = pack.types
            let sent = pack.withPointers { count, values, lengths, formats in
                PQsendQueryParams(connection, statement.sql, count, types, values, lengths, formats, 0)
            }
            return try add(.execute(statement), sent)
        }
        switch prepared.need(statement, types: pack.types) {
        case .nothing: break
        case .prepare: try prepare(statement)
        case .replace:
            let sql =
                "DEALLOCATE \"\(statement.name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\""
            try add(.deallocate(statement.name), PQsendQueryParams(connection, sql, 0, nil, nil, nil, nil, 1))
            try prepare(statement)
        }
        let sent = pack.withPointers { count, values, lengths, formats in
            PQsendQueryPrepared(connection, statement.name, count, values, lengths, formats, 1)
        }
        try add(.execute(statement), sent)
    }

    private func prepare(_ statement: PostgresStatement) throws(PostgresError) {
        let types = pack.types
        let sent = PQsendPrepare(connection, statement.name, statement.sql, Int32(types.count), types)
        prepared.sent(statement, types: types)
        try add(.prepare(statement), sent)
    }

    private func add(_ item: InFlightCommand.Item, _ sent: Int32) throws(PostgresError) {
        guard sent == 1 else { throw lost() }
        inFlight[inFlight.count - 1].items.append(item)
    }

    /// The simple protocol exists only outside pipeline mode; nothing else is in flight here.
    private func sendScript(_ sql: String) throws(PostgresError) {
        guard PQexitPipelineMode(connection) == 1 else { throw lost() }
        let startedInTransaction = inTransaction
        let last = inFlight.count - 1
        inFlight[last].items = startedInTransaction ? [.script] : [.script, .scriptRollback]
        inFlight[last].mayCommit = true
        guard PQsendQuery(connection, sql) == 1 else { throw lost() }
        counters?.statements.add(1, ordering: .relaxed)
        counters?.syncs.add(1, ordering: .relaxed)
    }
}
