internal import DequeModule

/// What a pool knows, as a value: who holds what, and who waits. It decides; the pool acts.
struct PoolState {
    /// What a waiting task is given.
    enum Grant: Sendable {
        /// A connection that another task gave back.
        case connection(PostgresConnection)
        /// The right to open one.
        case slot
    }

    /// The answer to a task that wants a connection.
    enum Answer {
        case granted(Grant)
        case wait
        case closed
    }

    let maximum: Int
    private(set) var idle: [PostgresConnection] = []
    /// Connections that exist or are being opened.
    private(set) var open = 0
    private(set) var waiters: Deque<OneShot<Grant>> = []
    private(set) var isClosed = false
    /// Failures to connect since the last success.
    var failures = 0

    init(maximum: Int) {
        self.maximum = maximum
    }

    /// Asks for a connection: the one used last, a slot, or a place at the end of the line.
    mutating func request(_ waiter: OneShot<Grant>) -> Answer {
        if isClosed { return .closed }
        while let connection = idle.popLast() {
            if !connection.isClosed { return .granted(.connection(connection)) }
            open -= 1
        }
        if open < maximum {
            open += 1
            return .granted(.slot)
        }
        waiters.append(waiter)
        return .wait
    }

    /// The next in line for what became free, or nil after noting it as free.
    mutating func next(for grant: Grant) -> OneShot<Grant>? {
        if let waiter = waiters.popFirst() { return waiter }
        switch grant {
        case .connection(let connection): idle.append(connection)
        case .slot: open -= 1
        }
        return nil
    }

    /// A waiter that left the line.
    mutating func forget(_ waiter: OneShot<Grant>) {
        waiters.removeAll { $0 === waiter }
    }

    /// Closes the pool; what was idle and who was waiting are the caller's to end.
    mutating func close() -> (connections: [PostgresConnection], waiters: [OneShot<Grant>]) {
        isClosed = true
        open -= idle.count
        defer { (idle, waiters) = ([], []) }
        return (idle, Array(waiters))
    }

    /// A connection or slot given back after `close`.
    mutating func drop() {
        open -= 1
    }
}
