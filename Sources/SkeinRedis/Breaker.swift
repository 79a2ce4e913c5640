/// Whether commands are sent at all. A pure value: open means that nobody waits for a service that is down.
struct Breaker: Sendable, Equatable {
    enum Change: Sendable, Equatable {
        case opened
        case closed
    }

    private let failuresToOpen: Int
    private(set) var isOpen = false
    /// Calls in a row that found the service unavailable.
    private(set) var failures = 0

    init(failuresToOpen: Int) {
        self.failuresToOpen = max(1, failuresToOpen)
    }

    /// A command was answered. One that was sent before the breaker opened closes nothing: only a probe does.
    mutating func answered() {
        if !isOpen { failures = 0 }
    }

    /// A command found the service unavailable.
    ///
    /// - Parameter isConnectionLost: opens at once, however few failed before.
    mutating func failed(isConnectionLost: Bool) -> Change? {
        guard !isOpen else { return nil }
        failures += 1
        guard isConnectionLost || failures >= failuresToOpen else { return nil }
        isOpen = true
        return .opened
    }

    /// A probe, which is sent though the breaker is open, was answered as it should be.
    mutating func recovered() -> Change? {
        failures = 0
        guard isOpen else { return nil }
        isOpen = false
        return .closed
    }
}
