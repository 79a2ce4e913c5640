/// The bounds that a reply must keep before any memory is given to it.
struct RedisReplyLimits: Sendable, Equatable {
    /// Bytes of one reply, all its headers included.
    var bytes: Int
    /// Array elements of one reply, all levels together.
    var elements: Int
    /// Arrays inside arrays; the parser itself ends soon after this.
    var depth = 7
    /// Bytes of a status or error line.
    var line = 64 << 10

    /// The limits that a configuration asks for.
    init(_ configuration: RedisConfiguration) {
        self.init(bytes: configuration.maximumReplyBytes, elements: configuration.maximumReplyElements)
    }

    /// Limits with the given sizes and the default depth.
    init(bytes: Int, elements: Int) {
        self.bytes = bytes
        self.elements = elements
    }
}
