internal import CPostgres
internal import DequeModule

extension PostgresSession {
    /// Takes every result that has arrived completely and moves finished commands to `completed`.
    func collect() throws(PostgresError) {
        var emptyAnswers = 0
        while !inFlight.isEmpty, emptyAnswers < 2, PQisBusy(connection) == 0 {
            guard let pointer = PQgetResult(connection) else {
                try endItem(&emptyAnswers)
                continue
            }
            emptyAnswers = 0
            try accept(ResultOwner(pointer))
        }
        if PQstatus(connection) == CONNECTION_BAD { throw lost() }
    }

    /// NULL from libpq: the answer to one item is complete. A second one in a row means that nothing has arrived.
    private func endItem(_ emptyAnswers: inout Int) throws(PostgresError) {
        guard inFlight[0].isAnswered else {
            emptyAnswers += 1
            return
        }
        inFlight[0].isAnswered = false
        switch inFlight[0].item {
        case .script: try endScript()
        case .scriptRollback: try finishScript()
        case .prepare, .deallocate, .execute, nil: inFlight[0].position += 1
        }
    }

    private func accept(_ result: consuming ResultOwner) throws(PostgresError) {
        inFlight[0].isAnswered = true
        switch result.status {
        case PGRES_PIPELINE_SYNC: try finishPipeline()
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: succeed(result)
        case PGRES_PIPELINE_ABORTED: skip()
        case PGRES_FATAL_ERROR: try fail(result)
        default:
            throw PostgresError(
                code: .misuse, message: "COPY is not supported", statement: inFlight[0].statementName)
        }
    }

    private func succeed(_ result: borrowing ResultOwner) {
        switch inFlight[0].item {
        case .prepare(let statement): prepared.confirm(statement.name)
        case .execute(let statement): inFlight[0].results.append(copy(result, of: statement))
        case .deallocate, .script, .scriptRollback, nil: break
        }
    }

    private func copy(_ result: borrowing ResultOwner, of statement: PostgresStatement) -> PostgresResult {
        if let columns = prepared.columns(of: statement.name, count: result.fieldCount) {
            return result.copy(columns: columns)
        }
        let columns = result.columns
        prepared.remember(columns, of: statement.name)
        return result.copy(columns: columns)
    }

    /// An item behind a failed one: the server has not looked at it.
    private func skip() {
        if case .prepare(let statement) = inFlight[0].item { prepared.forget(statement.name) }
    }

    private func fail(_ result: borrowing ResultOwner) throws(PostgresError) {
        var error = result.error(statement: inFlight[0].statementName)
        if result.isFatal || PQstatus(connection) == CONNECTION_BAD {
            error.code = .connectionLost
            throw error
        }
        let wasKnown = noteUnpreparable(error, routine: result.routine)
        if inFlight[0].failure == nil {
            inFlight[0].failure = error
            inFlight[0].failedOnPreparation = wasKnown
        }
    }

    /// Corrects the book of prepared statements after an error; true when a repetition can succeed.
    private func noteUnpreparable(_ error: PostgresError, routine: String?) -> Bool {
        switch inFlight[0].item {
        case .prepare(let statement):
            guard error.sqlState == "42P05" else {
                prepared.forget(statement.name)
                return false
            }
            prepared.distrust(statement.name)
            return true
        case .deallocate(let name):
            prepared.forget(name)
            return error.sqlState == "26000"
        case .execute(let statement) where error.sqlState == "26000":
            prepared.forget(statement.name)
            return true
        case .execute(let statement) where error.sqlState == "0A000" && routine == "RevalidateCachedQuery":
            prepared.distrust(statement.name)
            return true
        case .execute, .script, .scriptRollback, nil:
            return false
        }
    }

    /// Sync has been answered: the transaction, if it was an implicit one, is over.
    private func finishPipeline() throws(PostgresError) {
        if inFlight[0].failure == nil, case .pipeline(let queries) = inFlight[0].command.work,
            inFlight[0].results.count != queries.count
        {
            // Whoever sits between us and the server has lost something: no later answer can be trusted either.
            throw PostgresError(
                code: .connectionLost, message: "\(inFlight[0].results.count) answers to \(queries.count) statements")
        }
        var flight = inFlight.removeFirst()
        let warnings = notices.drain()
        guard let failure = flight.failure else {
            if !warnings.isEmpty, let last = flight.results.indices.last { flight.results[last].warnings = warnings }
            completed.append(.finished(flight.command, .success(flight.results)))
            return
        }
        if flight.failedOnPreparation, !flight.command.isRepeated, !inTransaction {
            flight.command.isRepeated = true
            flight.command.reply.markUnsent()
            completed.append(.repeated(flight.command))
        } else {
            completed.append(.finished(flight.command, .failure(failure)))
        }
    }

    /// The script has been answered; a transaction that it opened and broke is rolled back before anything else runs.
    private func endScript() throws(PostgresError) {
        inFlight[0].position += 1
        if inFlight[0].failure != nil, case .scriptRollback = inFlight[0].item, inTransaction {
            guard PQsendQuery(connection, "ROLLBACK") == 1 else { throw lost() }
        } else {
            try finishScript()
        }
    }

    private func finishScript() throws(PostgresError) {
        guard PQenterPipelineMode(connection) == 1 else { throw lost() }
        let flight = inFlight.removeFirst()
        _ = notices.drain()
        completed.append(.finished(flight.command, flight.failure.map { .failure($0) } ?? .success([])))
    }
}
