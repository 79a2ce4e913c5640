// The strict parser (RFC 8259) over borrowed bytes. It recurses once per nesting level, which the limits bound.

import OrderedCollections

/// Reads one document; used once and thrown away. The buffer must outlive it.
struct JSONParser {
    /// Why and where parsing stopped: small, because it travels through every level.
    struct Failure: Error {
        let code: JSONParseError.Code
        let offset: Int

        init(_ code: JSONParseError.Code, at offset: Int) {
            self.code = code
            self.offset = offset
        }
    }

    let bytes: UnsafeBufferPointer<UInt8>
    let limits: JSONLimits
    let maxDepth: Int
    var index = 0
    var depth = 0
    var valuesLeft: Int
    /// Filled from the inside out while a failure unwinds.
    var trail: [String] = []
    /// Strings with escapes are put together here.
    var scratch: [UInt8] = []

    init(_ bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
        maxDepth = min(limits.maxDepth, JSONLimits.depthCeiling)
        valuesLeft = limits.maxValues
    }

    static func parse(_ bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits) throws(JSONParseError) -> JSONValue {
        var parser = JSONParser(bytes, limits: limits)
        do throws(Failure) {
            return try parser.parseDocument()
        } catch {
            throw JSONParseError(error, path: JSONPointer(tokens: parser.trail.reversed()), in: bytes)
        }
    }

    private mutating func parseDocument() throws(Failure) -> JSONValue {
        guard bytes.count <= limits.maxBytes else { throw Failure(.tooLarge, at: limits.maxBytes) }
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF {
            throw Failure(.byteOrderMark, at: 0)
        }
        skipWhitespace()
        let value = try parseValue()
        skipWhitespace()
        guard index == bytes.count else { throw Failure(.trailingContent, at: index) }
        return value
    }

    private mutating func parseValue() throws(Failure) -> JSONValue {
        guard index < bytes.count else { throw Failure(.unexpectedEnd, at: index) }
        switch bytes[index] {
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "{"): return try parseObject()
        case UInt8(ascii: "["): return try parseArray()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
        case UInt8(ascii: "t"): return try parseLiteral("true", .bool(true))
        case UInt8(ascii: "f"): return try parseLiteral("false", .bool(false))
        case UInt8(ascii: "n"): return try parseLiteral("null", .null)
        case _: throw Failure(.unexpectedCharacter, at: index)
        }
    }

    private mutating func parseObject() throws(Failure) -> JSONValue {
        try enter()
        var storage = JSONObject.Storage()
        if peek() == UInt8(ascii: "}") {
            leave()
            return .object(JSONObject(storage: storage))
        }
        while true {
            let keyOffset = index
            guard peek() == UInt8(ascii: "\"") else { throw unexpected() }
            let key = JSONKey(try parseString())
            skipWhitespace()
            guard peek() == UInt8(ascii: ":") else { throw unexpected() }
            index += 1
            skipWhitespace()
            let value: JSONValue
            do throws(Failure) {
                value = try parseValue()
            } catch {
                trail.append(key.string)
                throw error
            }
            try countValue(at: keyOffset)
            guard storage.updateValue(value, forKey: key) == nil else { throw Failure(.duplicateKey, at: keyOffset) }
            guard try hasNext(before: UInt8(ascii: "}")) else { break }
        }
        return .object(JSONObject(storage: storage))
    }

    private mutating func parseArray() throws(Failure) -> JSONValue {
        try enter()
        var elements: [JSONValue] = []
        if peek() == UInt8(ascii: "]") {
            leave()
            return .array(elements)
        }
        while true {
            try countValue(at: index)
            do throws(Failure) {
                elements.append(try parseValue())
            } catch {
                trail.append(String(elements.count))
                throw error
            }
            guard try hasNext(before: UInt8(ascii: "]")) else { break }
        }
        return .array(elements)
    }

    /// After a member: `true` past a comma, `false` past the closing bracket.
    private mutating func hasNext(before close: UInt8) throws(Failure) -> Bool {
        skipWhitespace()
        guard index < bytes.count else { throw Failure(.unexpectedEnd, at: index) }
        if bytes[index] == UInt8(ascii: ",") {
            index += 1
            skipWhitespace()
            return true
        }
        guard bytes[index] == close else { throw unexpected() }
        leave()
        return false
    }

    private mutating func enter() throws(Failure) {
        guard depth < maxDepth else { throw Failure(.tooDeep, at: index) }
        depth += 1
        index += 1
        skipWhitespace()
    }

    private mutating func leave() {
        depth -= 1
        index += 1
    }

    private mutating func countValue(at offset: Int) throws(Failure) {
        guard valuesLeft > 0 else { throw Failure(.tooManyValues, at: offset) }
        valuesLeft -= 1
    }

    private mutating func parseLiteral(_ text: StaticString, _ value: JSONValue) throws(Failure) -> JSONValue {
        for offset in 0..<text.utf8CodeUnitCount {
            guard index + offset < bytes.count else { throw Failure(.unexpectedEnd, at: bytes.count) }
            guard bytes[index + offset] == text.utf8Start[offset] else { throw Failure(.invalidLiteral, at: index) }
        }
        index += text.utf8CodeUnitCount
        return value
    }

    private mutating func parseNumber() throws(Failure) -> JSONValue {
        let start = index
        if let small = parseSmallInteger() { return .int(small) }
        let end = try JSONNumberGrammar.scan(bytes, from: start).get()
        guard end - start <= limits.maxNumberLength else {
            throw Failure(.numberTooLong, at: start + limits.maxNumberLength)
        }
        index = end
        let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<end]), as: UTF8.self)
        if text != "-0", let integer = Int64(text) { return .int(integer) }
        return .decimal(JSONDecimal(unchecked: text))
    }

    /// The common case: up to 18 digits and neither fraction nor exponent. Moves on only when it is one.
    private mutating func parseSmallInteger() -> Int64? {
        var at = index
        let isNegative = bytes[at] == UInt8(ascii: "-")
        if isNegative { at += 1 }
        let first = at
        var value: Int64 = 0
        while at < bytes.count, JSONNumberGrammar.isDigit(bytes[at]) {
            value = value &* 10 &+ Int64(bytes[at] &- UInt8(ascii: "0"))
            at += 1
        }
        guard at > first, at - first <= min(18, limits.maxNumberLength - 1) else { return nil }
        if bytes[first] == UInt8(ascii: "0"), at - first > 1 || isNegative { return nil }
        if at < bytes.count, bytes[at] == UInt8(ascii: ".") || bytes[at] | 0x20 == UInt8(ascii: "e") { return nil }
        index = at
        return isNegative ? -value : value
    }

    private func unexpected() -> Failure {
        Failure(index < bytes.count ? .unexpectedCharacter : .unexpectedEnd, at: index)
    }

    @inline(__always)
    private func peek() -> UInt8? {
        index < bytes.count ? bytes[index] : nil
    }

    @inline(__always)
    mutating func skipWhitespace() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x0A, 0x0D, 0x09: index += 1
            case _: return
            }
        }
    }
}
