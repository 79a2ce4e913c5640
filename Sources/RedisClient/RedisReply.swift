/// One RESP2 reply, copied out of the parser.
package enum RedisReply: Sendable, Hashable {
    /// A status line such as `OK`.
    case simple(String)
    /// A binary-safe string.
    case bulk([UInt8])
    /// A signed 64-bit integer.
    case integer(Int64)
    /// A list of replies; they may be of different kinds.
    case array([RedisReply])
    /// The null string or the null array.
    case null
    /// An error line, as found in pipelines and inside arrays.
    case error(String)

    /// The text of a status line or of a bulk string; invalid UTF-8 is repaired. An integer gives its digits.
    package var string: String? {
        switch self {
        case .simple(let text): text
        case .bulk(let bytes): String(decoding: bytes, as: UTF8.self)
        case .integer(let value): String(value)
        case .array, .null, .error: nil
        }
    }

    /// The bytes of a bulk string or of a status line.
    package var bytes: [UInt8]? {
        switch self {
        case .bulk(let bytes): bytes
        case .simple(let text): Array(text.utf8)
        case .integer, .array, .null, .error: nil
        }
    }

    /// The integer, or the number that a string holds in full.
    package var int: Int64? {
        switch self {
        case .integer(let value): value
        case .simple, .bulk: string.flatMap { Int64($0) }
        case .array, .null, .error: nil
        }
    }

    /// The number that a string holds in full, as scores and `INCRBYFLOAT` answer it.
    package var double: Double? {
        string.flatMap { Double($0) }
    }

    /// Whether this is the status line `OK`.
    package var isOK: Bool {
        self == .simple("OK")
    }

    /// Whether this is the null string or the null array.
    package var isNull: Bool {
        self == .null
    }

    /// The elements of an array.
    package var array: [RedisReply]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The elements of an array as text, with nil where an element is null or no text.
    package var strings: [String?]? {
        array.map { elements in elements.map(\.string) }
    }

    /// The elements of a flat array of alternating names and values, as `HGETALL` answers.
    ///
    /// Nil when this is no array, its length is odd, or a name is no text.
    package var pairs: [(name: String, value: RedisReply)]? {
        guard let elements = array, elements.count.isMultiple(of: 2) else { return nil }
        var result: [(name: String, value: RedisReply)] = []
        result.reserveCapacity(elements.count / 2)
        for index in stride(from: 0, to: elements.count, by: 2) {
            guard let name = elements[index].string else { return nil }
            result.append((name, elements[index + 1]))
        }
        return result
    }

    /// The error that an error reply stands for; nil for every other kind.
    package var serverError: RedisError? {
        if case .error(let text) = self { RedisError(serverReply: text) } else { nil }
    }
}
