// Swift literals as JSON values.

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral {
    /// `nil` is JSON's null.
    public init(nilLiteral: ()) {
        self = .null
    }

    /// `true` and `false`.
    public init(booleanLiteral value: Bool) {
        self = .bool(value)
    }

    /// An integer literal of 64 bits.
    public init(integerLiteral value: Int64) {
        self = .int(value)
    }
}

extension JSONValue: ExpressibleByFloatLiteral {
    /// A literal with a fraction or exponent, through `Double`. A literal beyond its range traps.
    public init(floatLiteral value: Double) {
        guard let decimal = JSONDecimal(value) else { preconditionFailure("a JSON number must be finite") }
        self = .decimal(decimal)
    }
}

extension JSONValue: ExpressibleByStringInterpolation {
    /// A string literal, with or without interpolation.
    public init(stringLiteral value: String) {
        self = .string(value)
    }
}

extension JSONValue: ExpressibleByArrayLiteral {
    /// An array literal.
    public init(arrayLiteral elements: JSONValue...) {
        self = .array(elements)
    }
}

extension JSONValue: ExpressibleByDictionaryLiteral {
    /// A dictionary literal; the last of two equal keys wins.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(JSONObject(elements))
    }
}
