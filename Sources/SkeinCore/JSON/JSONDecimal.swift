// A JSON number that is no Int64: kept as written, compared by value. Exponents never become zeros in memory.

/// A number with its exact text, for everything that is not an integer of 64 bits.
///
/// Equality and hashing are numeric: `1.0` equals `1` and `1e2` equals `100`. The text is what serialisation prints.
/// Memory is proportional to the text whatever the exponent is.
public struct JSONDecimal: Sendable {
    /// The number as it was written, in JSON's grammar.
    public let text: String

    /// The largest magnitude of a written exponent.
    public static let maxExponent = 999_999_999_999

    /// Takes a text that is known to follow the grammar and ``maxExponent``.
    init(unchecked text: String) {
        self.text = text
    }

    /// Creates a number from JSON's notation.
    ///
    /// Returns `nil` when the text is not a JSON number or its exponent is beyond ``maxExponent``.
    public init?(_ text: String) {
        var copy = text
        let isNumber = copy.withUTF8 { bytes in
            guard case .success(let end) = JSONNumberGrammar.scan(bytes, from: 0) else { return false }
            return end == bytes.count
        }
        guard isNumber else { return nil }
        self.text = text
    }

    /// Creates the shortest number that reads back as the same `Double`; `nil` for infinities and NaN.
    public init?(_ value: Double) {
        guard value.isFinite else { return nil }
        text = value.description
    }

    /// Creates an integer of any sign and up to 64 bits.
    public init(_ value: some FixedWidthInteger) {
        text = String(value)
    }

    /// The nearest `Double`; infinite when the number is beyond its range, zero when below.
    public var doubleValue: Double {
        Double(text) ?? .nan
    }

    /// The number as an integer, `nil` when it has a fraction or does not fit.
    public var int64Value: Int64? {
        JSONNormalNumber(self).int64
    }

    /// The number as an unsigned integer, `nil` when it has a fraction, is negative or does not fit.
    public var uint64Value: UInt64? {
        JSONNormalNumber(self).uint64
    }
}

extension JSONDecimal: Hashable {
    /// Whether both are the same number, exactly.
    public static func == (lhs: JSONDecimal, rhs: JSONDecimal) -> Bool {
        if lhs.text.utf8.elementsEqual(rhs.text.utf8) { return true }
        return JSONNormalNumber(lhs) == JSONNormalNumber(rhs)
    }

    /// Feeds the number's value, not its text.
    public func hash(into hasher: inout Hasher) {
        JSONNormalNumber(self).hash(into: &hasher)
    }
}

extension JSONDecimal: Comparable {
    /// Whether the first number is smaller, exactly.
    public static func < (lhs: JSONDecimal, rhs: JSONDecimal) -> Bool {
        let (left, right) = (lhs.doubleValue, rhs.doubleValue)
        // Rounding is monotonic: different doubles decide, equal ones do not.
        if left != right { return left < right }
        return JSONNormalNumber(lhs).order(to: JSONNormalNumber(rhs)) == .ascending
    }
}

extension JSONDecimal: CustomStringConvertible {
    /// The number as it was written.
    public var description: String { text }
}
