// The bounds a parser enforces on a document from outside. Pure values; nothing here reads configuration.

/// The bounds within which a JSON document is accepted.
///
/// Every bound is checked while parsing, before memory for the offending part is taken.
public struct JSONLimits: Sendable, Hashable {
    /// The largest document in bytes.
    public var maxBytes: Int
    /// The deepest nesting of arrays and objects; `[[1]]` has depth 2. At most ``depthCeiling``.
    public var maxDepth: Int
    /// The most characters one number may have, sign and exponent included.
    public var maxNumberLength: Int
    /// The most members and elements all objects and arrays of a document may have together.
    public var maxValues: Int
    /// Whether strings and keys may contain U+0000, which PostgreSQL's `text` and `jsonb` cannot hold.
    public var allowsNulCharacter: Bool

    /// The nesting that is never exceeded, whatever ``maxDepth`` says: the parser recurses once per level.
    public static let depthCeiling = 512

    /// 12 MiB, depth 64, 1,000 characters per number, unlimited values, no U+0000.
    public static let `default` = JSONLimits()

    /// Creates limits; each has the default described at its property.
    ///
    /// - Parameters:
    ///   - maxBytes: bytes of the document, default 12 MiB.
    ///   - maxDepth: levels of nesting, default 64.
    ///   - maxNumberLength: characters of one number, default 1,000.
    ///   - maxValues: members and elements in total, default unlimited.
    ///   - allowsNulCharacter: default `false`.
    public init(
        maxBytes: Int = 12 * 1024 * 1024,
        maxDepth: Int = 64,
        maxNumberLength: Int = 1000,
        maxValues: Int = .max,
        allowsNulCharacter: Bool = false
    ) {
        self.maxBytes = maxBytes
        self.maxDepth = maxDepth
        self.maxNumberLength = maxNumberLength
        self.maxValues = maxValues
        self.allowsNulCharacter = allowsNulCharacter
    }
}
