// Spans of time as numbers of milliseconds, exact to the attosecond.

extension JSONValue {
    private static let attosecondsPerMillisecond: Int128 = 1_000_000_000_000_000

    /// A span of time in milliseconds, with a fraction only when there is one.
    public static func milliseconds(_ duration: Duration) -> JSONValue {
        let total = duration.attoseconds
        let (whole, rest) = total.quotientAndRemainder(dividingBy: attosecondsPerMillisecond)
        guard rest != 0 else { return .integer(whole) }
        let padded = String((attosecondsPerMillisecond + Int128(rest.magnitude))).dropFirst()
        let end = padded.lastIndex { $0 != "0" } ?? padded.startIndex
        let sign = total < 0 ? "-" : ""
        return .decimal(JSONDecimal(unchecked: "\(sign)\(whole.magnitude).\(padded[...end])"))
    }

    /// The span of time of a number of milliseconds; `nil` when it is no number or beyond the range of `Duration`.
    ///
    /// Digits below an attosecond are dropped.
    public var durationFromMilliseconds: Duration? {
        guard let decimal else { return nil }
        let number = JSONNormalNumber(decimal)
        let places = number.exponent + 15
        guard places > 0 else { return .zero }
        guard places <= 38 else { return nil }
        var total: Int128 = 0
        for place in 0..<places {
            let digit = place < number.digits.count ? Int128(number.digits[place]) : 0
            let (product, overflow) = total.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(digit)
            guard !overflow, !carry else { return nil }
            total = sum
        }
        // A Duration counts whole seconds in 64 bits.
        guard total / 1_000_000_000_000_000_000 <= Int128(Int64.max) else { return nil }
        return Duration(attoseconds: number.isNegative ? -total : total)
    }
}
