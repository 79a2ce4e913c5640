// The number grammar of RFC 8259, the only place that knows it.

/// Finds the end of a number.
enum JSONNumberGrammar {
    /// Scans `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?` and returns the offset after it.
    static func scan(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Result<Int, JSONParser.Failure> {
        var index = start
        if index < bytes.count, bytes[index] == UInt8(ascii: "-") { index += 1 }
        guard index < bytes.count else { return .failure(.init(.unexpectedEnd, at: index)) }
        if bytes[index] == UInt8(ascii: "0") {
            index += 1
            if index < bytes.count, isDigit(bytes[index]) { return .failure(.init(.invalidNumber, at: index)) }
        } else if let failure = skipDigits(bytes, &index) {
            return .failure(failure)
        }
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            if let failure = skipDigits(bytes, &index) { return .failure(failure) }
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") {
                index += 1
            }
            let first = index
            if let failure = skipDigits(bytes, &index) { return .failure(failure) }
            let significant = bytes[first..<index].drop { $0 == UInt8(ascii: "0") }
            if significant.count > 12 { return .failure(.init(.exponentTooLarge, at: first)) }
        }
        return .success(index)
    }

    private static func skipDigits(_ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int) -> JSONParser.Failure? {
        let first = index
        while index < bytes.count, isDigit(bytes[index]) { index += 1 }
        if index > first { return nil }
        return .init(index < bytes.count ? .invalidNumber : .unexpectedEnd, at: index)
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10
    }
}
