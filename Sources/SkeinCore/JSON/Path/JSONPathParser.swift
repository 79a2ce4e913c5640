// RFC 9535: segments and selectors. Filters and literals are in extensions with these names.

/// Reads one path; used once and thrown away.
struct JSONPathParser {
    static let maxBytes = 65_536
    static let maxDepth = 64
    static let maxInteger = 9_007_199_254_740_991

    let bytes: [UInt8]
    var index = 0
    var depth = 0

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    mutating func parsePath() throws(JSONPathError) -> JSONPathQuery {
        guard bytes.count <= Self.maxBytes else {
            throw JSONPathError(.tooComplex, at: Self.maxBytes, "The path is too long.")
        }
        guard peek() == UInt8(ascii: "$") else { throw syntaxError("A path starts with $.") }
        let query = try parseQuery()
        guard index == bytes.count else { throw syntaxError("Here a segment or the end of the path was expected.") }
        return query
    }

    /// Reads a query at its `$` or `@`; space after its last segment is left alone.
    mutating func parseQuery() throws(JSONPathError) -> JSONPathQuery {
        let isRelative = bytes[index] == UInt8(ascii: "@")
        index += 1
        var segments: [JSONPathSegment] = []
        while true {
            let end = index
            skipSpace()
            if skip(".") {
                segments.append(try parseDottedSegment())
            } else if peek() == UInt8(ascii: "[") {
                segments.append(JSONPathSegment(isDescendant: false, selectors: try parseBrackets()))
            } else {
                index = end
                return JSONPathQuery(isRelative: isRelative, segments: segments)
            }
        }
    }

    private mutating func parseDottedSegment() throws(JSONPathError) -> JSONPathSegment {
        let isDescendant = skip(".")
        if isDescendant, peek() == UInt8(ascii: "[") {
            return JSONPathSegment(isDescendant: true, selectors: try parseBrackets())
        }
        if skip("*") { return JSONPathSegment(isDescendant: isDescendant, selectors: [.wildcard]) }
        let name = bytes[index...].prefix { Self.isNameByte($0) }
        guard let first = name.first, !JSONNumberGrammar.isDigit(first) else {
            throw syntaxError("Here a name was expected.")
        }
        index += name.count
        return JSONPathSegment(isDescendant: isDescendant, selectors: [.name(String(decoding: name, as: UTF8.self))])
    }

    private mutating func parseBrackets() throws(JSONPathError) -> [JSONPathSelector] {
        index += 1
        try enter()
        defer { depth -= 1 }
        var selectors: [JSONPathSelector] = []
        repeat {
            skipSpace()
            selectors.append(try parseSelector())
            skipSpace()
        } while skip(",")
        guard skip("]") else { throw syntaxError("Here , or ] was expected.") }
        return selectors
    }

    private mutating func parseSelector() throws(JSONPathError) -> JSONPathSelector {
        switch current {
        case UInt8(ascii: "*"):
            index += 1
            return .wildcard
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            return .name(try parseString())
        case UInt8(ascii: "?"):
            index += 1
            skipSpace()
            return .filter(try parseCondition())
        case UInt8(ascii: ":"), UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return try parseIndexOrSlice()
        case _:
            throw syntaxError("Here a name, an index, a slice, * or a filter was expected.")
        }
    }

    private mutating func parseIndexOrSlice() throws(JSONPathError) -> JSONPathSelector {
        let start = try parseOptionalInteger()
        let end = index
        skipSpace()
        guard skip(":") else {
            index = end
            guard let start else { throw syntaxError("Here an index was expected.") }
            return .index(start)
        }
        skipSpace()
        let upper = try parseOptionalInteger()
        if upper != nil { skipSpace() }
        var step: Int?
        if skip(":") {
            skipSpace()
            step = try parseOptionalInteger()
        }
        return .slice(JSONPathSlice(start: start, end: upper, step: step ?? 1))
    }

    private mutating func parseOptionalInteger() throws(JSONPathError) -> Int? {
        guard let first = peek(), first == UInt8(ascii: "-") || JSONNumberGrammar.isDigit(first) else { return nil }
        let start = index
        let isNegative = skip("-")
        let digits = bytes[index...].prefix(while: JSONNumberGrammar.isDigit)
        index += digits.count
        guard let leading = digits.first, leading != UInt8(ascii: "0") || (digits.count == 1 && !isNegative) else {
            throw JSONPathError(.invalidSyntax, at: start, "This is not an integer.")
        }
        guard let value = Int(String(decoding: digits, as: UTF8.self)), value <= Self.maxInteger else {
            throw JSONPathError(.integerOutOfRange, at: start, "The integer is beyond 2^53-1.")
        }
        return isNegative ? -value : value
    }

    mutating func enter() throws(JSONPathError) {
        guard depth < Self.maxDepth else {
            throw JSONPathError(.tooComplex, at: index, "The path is nested too deeply.")
        }
        depth += 1
    }

    func syntaxError(_ message: String) -> JSONPathError {
        JSONPathError(.invalidSyntax, at: index, message)
    }

    /// The next byte, 0 at the end; a raw 0 is allowed nowhere.
    var current: UInt8 { peek() ?? 0 }

    func peek() -> UInt8? {
        index < bytes.count ? bytes[index] : nil
    }

    mutating func skip(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard bytes.count - index >= count else { return false }
        for offset in 0..<count where bytes[index + offset] != text.utf8Start[offset] { return false }
        index += count
        return true
    }

    mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { index += 1 }
    }

    static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), 0x80...:
            true
        case _: JSONNumberGrammar.isDigit(byte)
        }
    }
}
