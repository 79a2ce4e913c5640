// The JSON data model of the product: what contexts, inputs, outputs and payloads are made of.

/// Any JSON value, with the order of keys and the exact text of numbers kept.
///
/// Equality is that of JSON data: numbers by value (`1.0 == 1`), strings by their code points without normalisation,
/// objects without regard to order. Values made in code may nest without bound; parsed ones keep to ``JSONLimits``.
@dynamicMemberLookup
public enum JSONValue: Sendable {
    case null
    case bool(Bool)
    /// An integer that fits 64 bits.
    case int(Int64)
    /// Every other number.
    case decimal(JSONDecimal)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue {
    /// What a value is, without its content.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case null, bool, number, string, array, object
    }

    /// What this value is.
    public var kind: Kind {
        switch self {
        case .null: .null
        case .bool: .bool
        case .int, .decimal: .number
        case .string: .string
        case .array: .array
        case .object: .object
        }
    }

    /// The shortest number that reads back as the same floating-point value; `nil` for infinities and NaN.
    ///
    /// Whole numbers below 10¹⁵ become ``int(_:)``, except for minus zero.
    public static func double<Number: BinaryFloatingPoint & CustomStringConvertible>(_ value: Number) -> JSONValue? {
        guard value.isFinite else { return nil }
        let isMinusZero = value == 0 && value.sign == .minus
        if value.magnitude < 1e15, value == value.rounded(.towardZero), !isMinusZero { return .int(Int64(value)) }
        return .decimal(JSONDecimal(unchecked: value.description))
    }

    /// A number from an integer of any type; it becomes ``int(_:)`` when it fits 64 signed bits.
    public static func integer(_ value: some FixedWidthInteger) -> JSONValue {
        Int64(exactly: value).map(JSONValue.int) ?? .decimal(JSONDecimal(value))
    }

    /// A number from JSON's notation; it becomes ``int(_:)`` when it is written as an integer of 64 bits.
    ///
    /// Returns `nil` when the text is not a JSON number or its exponent is beyond ``JSONDecimal/maxExponent``.
    public static func number(_ text: String) -> JSONValue? {
        guard let decimal = JSONDecimal(text) else { return nil }
        if text != "-0", let integer = Int64(text) { return .int(integer) }
        return .decimal(decimal)
    }
}
