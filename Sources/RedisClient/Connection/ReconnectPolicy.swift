import NIOCore

/// Decides when the next attempt to connect may start. A pure value: the time and the jitter come in.
struct ReconnectPolicy: Equatable {
    private let minimum: TimeAmount
    private let maximum: TimeAmount
    /// Attempts or useless connections in a row.
    private(set) var failures = 0
    private(set) var notBefore: NIODeadline?

    init(minimum: Duration, maximum: Duration) {
        self.minimum = TimeAmount(minimum)
        self.maximum = max(TimeAmount(minimum), TimeAmount(maximum))
    }

    /// Whether an attempt may start.
    func mayConnect(at now: NIODeadline) -> Bool {
        notBefore.map { now >= $0 } ?? true
    }

    /// Notes that a connection or an attempt ended.
    ///
    /// - Parameters:
    ///   - useful: Whether it had answered anything; then the next attempt may follow at once.
    ///   - now: The present time.
    ///   - jitter: From 0 to 1; the pause lies between half of its full length and all of it.
    mutating func connectionEnded(useful: Bool, at now: NIODeadline, jitter: Double) {
        guard !useful else {
            failures = 0
            notBefore = nil
            return
        }
        failures += 1
        let doubled = Double(minimum.nanoseconds) * Double(1 << min(failures - 1, 20))
        let pause = min(doubled, Double(maximum.nanoseconds)) * (0.5 + 0.5 * min(max(jitter, 0), 1))
        notBefore = now + .nanoseconds(Int64(pause))
    }
}
