public import SkeinCore

/// How many attempts of a handler's steps may run at once on all instances together, or begin in a span of time.
public struct HandlerLimit: Sendable, Hashable {
    public var limit: Limit
    /// Each value of it over the context has a limit of its own.
    public var key: LimitKey?

    public init(_ limit: Limit, key: LimitKey? = nil) {
        self.limit = limit
        self.key = key
    }

    /// At most `count` at once.
    public static func concurrency(_ count: Int, key: LimitKey? = nil) -> HandlerLimit {
        HandlerLimit(Limit(concurrency: max(1, count)), key: key)
    }

    /// At most `count` beginnings in any span of that length.
    public static func rate(_ count: Int, per span: Duration, key: LimitKey? = nil) -> HandlerLimit {
        HandlerLimit(Limit(rate: .init(max(1, count), per: max(.milliseconds(1), span))), key: key)
    }
}
