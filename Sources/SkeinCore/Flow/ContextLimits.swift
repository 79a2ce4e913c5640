// How large an execution's context may become.

/// The bounds of a context, checked whenever something is stored in it; beyond them an execution fails `CONTEXT_LIMIT`.
public struct ContextLimits: Sendable, Hashable {
    /// The most bytes of the whole context as compact JSON; `limits.contextBytes`.
    public var totalBytes: Int
    /// The most bytes of one top-level value as compact JSON; `limits.valueBytes`.
    public var valueBytes: Int
    /// The most top-level members; `limits.contextKeys`.
    public var keys: Int
    /// The deepest nesting, the context itself included; `limits.contextDepth`.
    public var depth: Int

    /// 10 MiB, 1 MiB, 500 members, depth 32.
    public static let `default` = ContextLimits()

    /// Creates limits.
    ///
    /// - Parameters:
    ///   - totalBytes: bytes of the context, default 10 MiB.
    ///   - valueBytes: bytes of one value, default 1 MiB.
    ///   - keys: top-level members, default 500.
    ///   - depth: levels of nesting, default 32.
    public init(
        totalBytes: Int = 10 * 1024 * 1024, valueBytes: Int = 1024 * 1024, keys: Int = 500, depth: Int = 32
    ) {
        self.totalBytes = totalBytes
        self.valueBytes = valueBytes
        self.keys = keys
        self.depth = depth
    }
}
