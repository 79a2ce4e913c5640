/// What a conformance case works with: two instances of an implementation that share one space nobody else uses.
///
/// An implementation for one process gives the same object twice.
public struct ConformanceSpace<Subject: Sendable>: Sendable {
    public var first: Subject
    public var second: Subject
    /// Moves the time on by which the implementation lets things expire. With a clock that moves by itself: do nothing.
    public var pass: @Sendable (Duration) async -> Void
    /// Returns when what is published from now on reaches so many listening instances; an instance that listens to two
    /// trees of executions counts twice. With an implementation for one process: do nothing.
    public var settle: @Sendable (_ listening: Int) async throws -> Void

    public init(
        first: Subject, second: Subject, pass: @escaping @Sendable (Duration) async -> Void = { _ in },
        settle: @escaping @Sendable (_ listening: Int) async throws -> Void = { _ in }
    ) {
        self.first = first
        self.second = second
        self.pass = pass
        self.settle = settle
    }
}
