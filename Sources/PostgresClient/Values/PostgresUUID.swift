/// A UUID as two machine words, the form in which it is compared, hashed and sent without any allocation.
///
/// Ordered by its big-endian bytes, so the order is the one PostgreSQL uses for `uuid`.
package struct PostgresUUID: Hashable, Sendable {
    /// The first eight bytes, big-endian.
    package var high: UInt64
    /// The last eight bytes, big-endian.
    package var low: UInt64

    /// Makes a UUID of its two halves.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

extension PostgresUUID: Comparable {
    /// Compares big-endian bytes.
    package static func < (left: PostgresUUID, right: PostgresUUID) -> Bool {
        left.high == right.high ? left.low < right.low : left.high < right.high
    }
}

extension PostgresUUID: CustomStringConvertible {
    /// The canonical lower-case text, 8-4-4-4-12.
    package var description: String {
        var text = ""
        text.reserveCapacity(36)
        for index in 0..<16 {
            if index == 4 || index == 6 || index == 8 || index == 10 { text.append("-") }
            let word = index < 8 ? high : low
            let byte = UInt8(truncatingIfNeeded: word >> UInt64((7 - index % 8) * 8))
            text.append(Self.digits[Int(byte >> 4)])
            text.append(Self.digits[Int(byte & 15)])
        }
        return text
    }

    private static let digits = Array("0123456789abcdef")
}
