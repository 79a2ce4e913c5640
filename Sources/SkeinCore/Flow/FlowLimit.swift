// How many executions of a flow may go on at once, and how many may begin in a span of time: `concurrency` and
// `rateLimit` of a definition.

/// A bound on something that executions of all instances share.
public struct Limit: Sendable, Hashable {
    /// At most this many at once; nil: any number.
    public var concurrency: Int?
    /// At most `count` beginnings in any span of that length; nil: any number.
    public var rate: Rate?

    public struct Rate: Sendable, Hashable {
        public var count: Int
        public var per: Duration

        /// - Parameter per: at least 1 ms.
        public init(_ count: Int, per: Duration) {
            self.count = count
            self.per = per
        }
    }

    /// - Parameters:
    ///   - concurrency: at least 1.
    ///   - rate: at least one beginning.
    public init(concurrency: Int? = nil, rate: Rate? = nil) {
        self.concurrency = concurrency
        self.rate = rate
    }
}

/// What tells executions of one limit apart: each value of it has a limit of its own.
public struct LimitKey: Sendable, Hashable {
    private let selector: InputSelector

    /// A path (`customer.id`), a JSONPath (`$.customer.id`) or a template (`${region}/${customer.id}`) over the context.
    /// Nil when it is none.
    public init?(_ text: String) {
        var problems: [Problem] = []
        let object: JSONObject =
            if text.hasPrefix("$"), !text.hasPrefix("${") {
                ["type": "jsonpath", "path": .string(text)]
            } else if text.contains("${") {
                ["type": "template", "template": .string(text)]
            } else {
                ["type": "path", "path": .string(text)]
            }
        guard let selector = InputSelector.parse(.object(object), at: .root, into: &problems), problems.isEmpty else {
            return nil
        }
        self.selector = selector
    }

    /// The value as text; what is absent is one value like others.
    ///
    /// - Throws: ``BudgetExceeded`` when the expression visits too much of the context.
    public func value(in context: JSONObject) throws(BudgetExceeded) -> String {
        guard let value = try selector.resolve(context: context) else { return "" }
        return Template.text(of: value)
    }
}

/// A flow's limit, for all its executions or for each value of a key.
public struct FlowLimit: Sendable, Hashable {
    public var key: LimitKey?
    public var limit: Limit
}

/// The name of a limit: who has the same name shares it, on all instances.
public struct LimitName: RawRepresentable, Sendable, Hashable, Comparable, CustomStringConvertible {
    public let rawValue: String

    /// The longest part that comes from a context, in bytes; longer values are told apart by a digest at their end.
    private static let keyLimit = 200

    public init(rawValue: String) { self.rawValue = rawValue }

    /// Executions of a flow in progress.
    public static func flow(_ id: String, key: String? = nil) -> LimitName { LimitName("flow", id, key) }

    /// Executions of a flow that begin.
    public static func rate(_ id: String, key: String? = nil) -> LimitName { LimitName("rate", id, key) }

    /// Attempts of steps of one type.
    public static func handler(_ type: String, key: String? = nil) -> LimitName { LimitName("handler", type, key) }

    private init(_ kind: String, _ id: String, _ key: String?) {
        guard let key else {
            self.init(rawValue: "\(kind):\(id)")
            return
        }
        // A text column of PostgreSQL cannot hold NUL.
        var text = key.utf8.contains(0) ? key.filter { $0 != "\0" } : key
        if text.utf8.count > Self.keyLimit {
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325
            for byte in key.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            text = String(decoding: text.utf8.prefix(Self.keyLimit), as: UTF8.self) + "#" + String(hash, radix: 16)
        }
        self.init(rawValue: "\(kind):\(id):\(text)")
    }

    public var description: String { rawValue }

    public static func < (left: LimitName, right: LimitName) -> Bool {
        left.rawValue.utf8.lexicographicallyPrecedes(right.rawValue.utf8)
    }
}
