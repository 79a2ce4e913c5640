internal import CPostgres
internal import Synchronization

/// Connects on a thread of its own, since name resolution and several hosts block; the connection's thread picks it up.
final class ConnectionOpener: Sendable {
    private enum State: Sendable {
        case opening
        case opened(LibpqPointer)
        case failed(PostgresError)
        case abandoned
    }

    private let state = Mutex(State.opening)

    /// Starts to connect; `done` is called on the opener's thread when there is something to take.
    init(_ configuration: PostgresConfiguration, done: @escaping @Sendable () -> Void) {
        OSThread.start("pg-open") { [self] in
            finish(Self.open(configuration))
            done()
        }
    }

    private static func open(_ configuration: PostgresConfiguration) -> State {
        do {
            let parameters = try ConnectionParameters(configuration)
            guard let connection = parameters.open() else {
                return .failed(PostgresError(code: .connectFailed, message: "out of memory"))
            }
            if PQstatus(connection) == CONNECTION_OK { return .opened(LibpqPointer(pointer: connection)) }
            let message = parameters.redact(String(cString: PQerrorMessage(connection)))
            PQfinish(connection)
            let code = message.contains("timeout expired") ? PostgresError.Code.connectTimeout : .connectFailed
            return .failed(PostgresError(code: code, message: message))
        } catch {
            return .failed(error)
        }
    }

    private func finish(_ outcome: State) {
        let orphan = state.withLock { state -> LibpqPointer? in
            if case .abandoned = state {
                if case .opened(let connection) = outcome { return connection }
                return nil
            }
            state = outcome
            return nil
        }
        if let orphan { PQfinish(orphan.pointer) }
    }

    /// The outcome, once; nil while still connecting.
    func take() -> Result<LibpqPointer, PostgresError>? {
        state.withLock { state in
            switch state {
            case .opening, .abandoned: return nil
            case .failed(let error): return .failure(error)
            case .opened(let connection):
                state = .abandoned
                return .success(connection)
            }
        }
    }

    /// Gives up: a connection that is made later is closed at once.
    func abandon() {
        let orphan = state.withLock { state -> LibpqPointer? in
            defer { state = .abandoned }
            if case .opened(let connection) = state { return connection }
            return nil
        }
        if let orphan { PQfinish(orphan.pointer) }
    }
}
