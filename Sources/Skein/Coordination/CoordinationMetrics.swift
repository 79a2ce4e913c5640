/// What a coordination service tells about itself, for counters. Called from any thread; must not block.
public struct CoordinationMetrics: Sendable {
    /// The breaker changed: true when the service is back, false when it is given up for now.
    public var upChanged: @Sendable (_ isUp: Bool) -> Void
    /// A call ended as unavailable, whether it was sent or refused at once.
    public var unavailable: @Sendable () -> Void
    /// Hints or notices were dropped because a queue was full: `wakes` or `events`.
    public var dropped: @Sendable (_ queue: String, _ count: Int) -> Void
    /// The service had forgotten everything.
    public var flushed: @Sendable () -> Void

    public init(
        upChanged: @escaping @Sendable (_ isUp: Bool) -> Void = { _ in },
        unavailable: @escaping @Sendable () -> Void = {},
        dropped: @escaping @Sendable (_ queue: String, _ count: Int) -> Void = { _, _ in },
        flushed: @escaping @Sendable () -> Void = {}
    ) {
        self.upChanged = upChanged
        self.unavailable = unavailable
        self.dropped = dropped
        self.flushed = flushed
    }
}
