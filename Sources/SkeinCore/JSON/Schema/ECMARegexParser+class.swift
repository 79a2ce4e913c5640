// Character classes and the escapes that stand for characters.

extension ECMARegexParser {
    /// What follows `[`.
    mutating func parseClass() throws(ECMARegexError) -> ECMACharacterSet {
        var result = ECMACharacterSet()
        result.isComplement = skip("^")
        while !skip("]") {
            let first = try parseClassAtom()
            guard peek() == "-", let after = peek(1), after != "]" else {
                result.formUnion(first)
                continue
            }
            index += 1
            let last = try parseClassAtom()
            guard let lower = first.single, let upper = last.single else {
                throw ECMARegexError("a range needs a character at both ends")
            }
            guard lower <= upper else { throw ECMARegexError("the ends of a range are out of order") }
            result.insert(lower...upper)
        }
        return result
    }

    private mutating func parseClassAtom() throws(ECMARegexError) -> ECMACharacterSet {
        guard let scalar = next() else { throw ECMARegexError("a bracket is not closed") }
        guard scalar == "\\" else { return .character(scalar.value) }
        if skip("b") { return .character(0x08) }
        if skip("-") { return .character(0x2D) }
        return try parseCharacterEscape(inClass: true)
    }

    /// What follows a backslash, for everything that stands for one character or a set of them.
    mutating func parseCharacterEscape(inClass: Bool) throws(ECMARegexError) -> ECMACharacterSet {
        guard let scalar = next() else { throw ECMARegexError("it ends with a backslash") }
        switch scalar {
        case "d": return .digits
        case "D": return ECMACharacterSet.digits.complement
        case "w": return .word
        case "W": return ECMACharacterSet.word.complement
        case "s": return .space
        case "S": return ECMACharacterSet.space.complement
        case "p", "P": return try parseProperty(isComplement: scalar == "P")
        case "t": return .character(0x09)
        case "n": return .character(0x0A)
        case "v": return .character(0x0B)
        case "f": return .character(0x0C)
        case "r": return .character(0x0D)
        case "0": return try parseNul()
        case "c": return try parseControl()
        case "x": return .character(try parseHex(digits: 2))
        case "u": return .character(try parseUnicode())
        case "^", "$", "\\", ".", "*", "+", "?", "(", ")", "[", "]", "{", "}", "|", "/":
            return .character(scalar.value)
        case _: throw ECMARegexError("\("\\\(scalar)".quoted) has no meaning")
        }
    }

    private mutating func parseNul() throws(ECMARegexError) -> ECMACharacterSet {
        if let digit = peek(), ("0"..."9").contains(digit) {
            throw ECMARegexError("\\0 must not be followed by a digit")
        }
        return .character(0)
    }

    private mutating func parseControl() throws(ECMARegexError) -> ECMACharacterSet {
        guard let letter = next(), letter.isASCII, letter.properties.isAlphabetic else {
            throw ECMARegexError("\\c must be followed by a letter")
        }
        return .character(letter.value & 0x1F)
    }

    private mutating func parseProperty(isComplement: Bool) throws(ECMARegexError) -> ECMACharacterSet {
        guard skip("{") else { throw ECMARegexError("\\p must be followed by a property between { and }") }
        var name = ""
        while let scalar = next(), scalar != "}" { name.unicodeScalars.append(scalar) }
        guard scalars[index - 1] == "}", let property = ECMAProperty(name) else {
            throw ECMARegexError("the character property \(name.quoted) is not known")
        }
        return .property(property, isComplement: isComplement)
    }

    private mutating func parseHex(digits: Int) throws(ECMARegexError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let digit = next().flatMap(Self.hexValue) else {
                throw ECMARegexError("an escape needs \(digits) hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    /// The standard library takes full-width digits too.
    private static func hexValue(_ scalar: Unicode.Scalar) -> Int? {
        scalar.isASCII ? Character(scalar).hexDigitValue : nil
    }

    private mutating func parseUnicode() throws(ECMARegexError) -> UInt32 {
        guard skip("{") else {
            let first = try parseHex(digits: 4)
            guard (0xD800...0xDBFF).contains(first), peek() == "\\", peek(1) == "u", peek(2) != "{" else {
                return first
            }
            let start = index
            index += 2
            let second = try parseHex(digits: 4)
            if (0xDC00...0xDFFF).contains(second) { return 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00) }
            index = start
            return first
        }
        var value: UInt32 = 0
        var isEmpty = true
        while let digit = peek().flatMap(Self.hexValue), value <= 0x10FFFF {
            value = value << 4 | UInt32(digit)
            isEmpty = false
            index += 1
        }
        guard skip("}"), !isEmpty, value <= 0x10FFFF else {
            throw ECMARegexError("\\u{…} must hold a code point in hexadecimal")
        }
        return value
    }
}

extension ECMACharacterSet {
    /// The only character of the set, when it was written as one.
    fileprivate var single: UInt32? {
        guard ranges.count == 1, ranges[0].count == 1 else { return nil }
        return ranges[0].lowerBound
    }
}
