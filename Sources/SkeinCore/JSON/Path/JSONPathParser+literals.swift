// RFC 9535: strings in either quotes, and numbers.

extension JSONPathParser {
    mutating func parseLiteral() throws(JSONPathError) -> JSONValue {
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            return .string(try parseString())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return try parseNumber()
        case _:
            throw syntaxError("Here a value, a query or a function was expected.")
        }
    }

    private mutating func parseNumber() throws(JSONPathError) -> JSONValue {
        let start = index
        let scanned = bytes.withUnsafeBufferPointer { JSONNumberGrammar.scan($0, from: start) }
        guard case .success(let end) = scanned,
            let number = JSONValue.number(String(decoding: bytes[start..<end], as: UTF8.self))
        else { throw JSONPathError(.invalidSyntax, at: start, "This is not a number as JSON writes it.") }
        index = end
        return number
    }

    mutating func parseString() throws(JSONPathError) -> String {
        let quote = bytes[index]
        index += 1
        var content: [UInt8] = []
        while let byte = peek() {
            index += 1
            switch byte {
            case quote:
                return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\\"):
                content.append(contentsOf: try parseEscape(quote).utf8)
            case 0..<0x20:
                throw JSONPathError(.invalidSyntax, at: index - 1, "A control character must be escaped.")
            case _:
                content.append(byte)
            }
        }
        throw syntaxError("The string does not end.")
    }

    private mutating func parseEscape(_ quote: UInt8) throws(JSONPathError) -> Unicode.Scalar {
        let start = index - 1
        guard let byte = peek() else { throw syntaxError("The string does not end.") }
        index += 1
        switch byte {
        case quote, UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try parseUnicodeEscape(at: start)
        case _: throw JSONPathError(.invalidSyntax, at: start, "This escape sequence does not exist.")
        }
    }

    private mutating func parseUnicodeEscape(at start: Int) throws(JSONPathError) -> Unicode.Scalar {
        let unit = try parseHexUnit(at: start)
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard unit < 0xDC00, skip("\\u") else {
            throw JSONPathError(.invalidSyntax, at: start, "A surrogate has no partner.")
        }
        let low = try parseHexUnit(at: start)
        guard (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x10000 + ((unit & 0x3FF) << 10 | low & 0x3FF))
        else { throw JSONPathError(.invalidSyntax, at: start, "A surrogate has no partner.") }
        return scalar
    }

    private mutating func parseHexUnit(at start: Int) throws(JSONPathError) -> UInt32 {
        let digits = bytes[index...].prefix(4)
        var unit: UInt32 = 0
        for byte in digits {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { break }
            unit = unit << 4 | UInt32(digit)
            index += 1
        }
        guard index == digits.startIndex + 4 else {
            throw JSONPathError(.invalidSyntax, at: start, "Four hexadecimal digits were expected.")
        }
        return unit
    }
}
