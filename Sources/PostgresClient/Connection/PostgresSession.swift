internal import CPostgres
internal import DequeModule
internal import Logging
internal import Synchronization

/// One live libpq connection in pipeline mode. Confined to its thread; every failure thrown here means it is lost.
final class PostgresSession {
    let connection: OpaquePointer
    let notices: NoticeSink
    let counters: PostgresCounters?
    var prepared = PreparedStatements()
    var inFlight: Deque<InFlightCommand> = []
    var pack = ParameterPack()
    /// Commands that are over and how, for the thread to hand out.
    var completed: [Completion] = []

    /// The end of a command.
    enum Completion {
        case finished(PostgresCommand, Result<[PostgresResult], PostgresError>)
        case repeated(PostgresCommand)
    }

    init(_ handle: LibpqPointer, logger: Logger, counters: PostgresCounters?) throws(PostgresError) {
        connection = handle.pointer
        notices = NoticeSink(logger)
        self.counters = counters
        notices.install(on: connection)
        guard PQsetnonblocking(connection, 1) == 0, PQenterPipelineMode(connection) == 1 else { throw lost() }
        counters?.connects.add(1, ordering: .relaxed)
    }

    deinit {
        PQfinish(connection)
    }

    var socket: Int32 { PQsocket(connection) }

    var inTransaction: Bool {
        let status = PQtransactionStatus(connection)
        return status == PQTRANS_INTRANS || status == PQTRANS_INERROR
    }

    /// True when a command can be sent behind those in flight.
    func admits(_ command: PostgresCommand) -> Bool {
        if case .script = inFlight.last?.command.work { return false }
        switch command.work {
        case .script: return inFlight.isEmpty
        case .pipeline(let queries): return inFlight.isEmpty || !prepared.isAwaited(queries)
        }
    }

    /// Takes what the socket holds.
    func read() throws(PostgresError) {
        guard PQconsumeInput(connection) == 1 else {
            // The reason, such as 57P01, may be among what was read before the end of the stream.
            try collect()
            throw lost()
        }
    }

    /// How many notifications have come since the last call.
    func takeNotifications() -> Int {
        var count = 0
        while let notification = PQnotifies(connection) {
            PQfreemem(notification)
            count += 1
        }
        return count
    }

    /// Writes what can be written; true when something is left.
    func flush() throws(PostgresError) -> Bool {
        let state = PQflush(connection)
        guard state >= 0 else {
            // The server may have said why before it hung up.
            if PQconsumeInput(connection) == 1 { try collect() }
            throw lost()
        }
        return state == 1
    }

    /// The command in flight when there is exactly one.
    var only: PostgresCommand? { inFlight.count == 1 ? inFlight.first?.command : nil }

    /// A request to cancel what runs; it stays valid whatever happens to the connection.
    func makeCancel() -> LibpqPointer? {
        PQgetCancel(connection).map { LibpqPointer(pointer: $0) }
    }

    /// Fails everything in flight because the connection is gone.
    func abort(_ error: PostgresError, timedOutBefore now: ContinuousClock.Instant? = nil) {
        for flight in inFlight {
            if let failure = flight.failure, failure.code == .server {
                flight.command.fail(failure)
                continue
            }
            var loss = error.outcomeUnknown(flight.mayCommit, statement: flight.statementName ?? flight.command.name)
            if let now, flight.command.deadline <= now {
                loss.code = .commandTimeout
                loss.message = "no answer before the deadline; the connection was given up"
            }
            flight.command.fail(loss)
        }
        inFlight.removeAll()
    }

    func lost() -> PostgresError {
        let message = String(cString: PQerrorMessage(connection)).trimmed
        return PostgresError(
            code: .connectionLost, message: message.isEmpty ? "the connection was lost" : message)
    }
}
