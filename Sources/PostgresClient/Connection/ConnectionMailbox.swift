internal import Synchronization

/// What tasks and a connection's thread have in common: the queue, the requests to the thread, and what is known of it.
final class ConnectionMailbox: Sendable {
    /// What the thread finds when it wakes.
    struct Signals {
        var isClosing = false
        var interrupts: [OneShot<[PostgresResult]>?] = []
        var interruptIsDone = false
    }

    private struct State {
        var queue: [PostgresCommand] = []
        var signals = Signals()
        var isSignalled = false
        var end: PostgresError?
        var closers: [OneShot<Void>] = []
        var identity: PostgresServerIdentity?
        var inTransaction = false
    }

    let wakeUp = WakeUp()
    private let state = Mutex(State())

    /// Changes the state, then wakes the thread unless it has been woken already.
    private func post(_ change: (inout State) -> Void) {
        let mustWake = state.withLock { state in
            change(&state)
            defer { state.isSignalled = true }
            return !state.isSignalled
        }
        if mustWake { wakeUp.signal() }
    }

    /// Queues a command; one that comes after the end fails at once.
    func push(_ command: PostgresCommand) {
        var refusal: PostgresError?
        post { state in
            refusal = state.end ?? (state.signals.isClosing ? .closed("connection") : nil)
            if refusal == nil { state.queue.append(command) }
        }
        if let refusal { command.fail(refusal) }
    }

    /// Asks the thread to cancel what runs: the given command, or whatever is alone on the connection.
    func interrupt(_ reply: OneShot<[PostgresResult]>?) {
        post { $0.signals.interrupts.append(reply) }
    }

    /// The helper thread that sent a cancel request has finished.
    func interruptDone() {
        post { $0.signals.interruptIsDone = true }
    }

    /// An opener has finished.
    func openerDone() {
        post { _ in }
    }

    /// Asks the thread to end; what is queued fails, what is in flight may finish. `closer` is settled at the end.
    func close(_ closer: OneShot<Void>? = nil) {
        var isOver = false
        post { state in
            state.signals.isClosing = true
            isOver = state.end != nil
            if let closer, !isOver { state.closers.append(closer) }
        }
        if isOver { closer?.settle(.success(())) }
    }

    /// For the thread: takes everything posted. `commands` must be empty; its memory becomes the next queue.
    func take(_ commands: inout [PostgresCommand]) -> Signals {
        state.withLock { state in
            guard state.isSignalled else { return Signals(isClosing: state.signals.isClosing) }
            swap(&state.queue, &commands)
            let signals = state.signals
            state.signals = Signals(isClosing: signals.isClosing)
            state.isSignalled = false
            return signals
        }
    }

    /// For the thread: nothing is accepted from here on.
    func end(_ error: PostgresError) {
        let (commands, closers) = state.withLock { state in
            state.end = error
            state.identity = nil
            defer { (state.queue, state.closers) = ([], []) }
            return (state.queue, state.closers)
        }
        for command in commands { command.fail(error) }
        for closer in closers { closer.settle(.success(())) }
    }

    /// The server of the current connection; nil while there is none.
    var identity: PostgresServerIdentity? {
        get { state.withLock(\.identity) }
        set { state.withLock { $0.identity = newValue } }
    }

    /// True while a transaction block is open, as of the last finished command.
    var inTransaction: Bool {
        get { state.withLock(\.inTransaction) }
        set { state.withLock { $0.inTransaction = newValue } }
    }

    var isClosed: Bool { state.withLock { $0.end != nil || $0.signals.isClosing } }
}
