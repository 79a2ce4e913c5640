extension String {
    /// Whether it can stand before every key in Redis.
    var isPrefix: Bool {
        (1...50).contains(utf8.count)
            && utf8.allSatisfy { $0.isLowerOrDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
    }

    /// Whether PostgreSQL takes it for a schema's name without quotes.
    var isSchema: Bool {
        guard (1...63).contains(utf8.count), let first = utf8.first, !(0x30...0x39).contains(first), !hasPrefix("pg_")
        else { return false }
        return utf8.allSatisfy { $0.isLowerOrDigit || $0 == UInt8(ascii: "_") }
    }
}

extension UInt8 {
    fileprivate var isLowerOrDigit: Bool { (0x61...0x7A).contains(self) || (0x30...0x39).contains(self) }
}
