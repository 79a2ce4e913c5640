// Strings: one scan over plain ASCII, a second way for escapes and other scripts.

extension JSONParser {
    /// Reads a string whose opening quote is at the current index.
    mutating func parseString() throws(Failure) -> String {
        let start = index + 1
        var at = start
        while at < bytes.count {
            let byte = bytes[at]
            if byte == UInt8(ascii: "\"") {
                index = at + 1
                return String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<at]), as: UTF8.self)
            }
            guard byte != UInt8(ascii: "\\"), byte >= 0x20, byte < 0x80 else {
                return try parseComplexString(from: start, plainUpTo: at)
            }
            at += 1
        }
        throw Failure(.unexpectedEnd, at: at)
    }

    private mutating func parseComplexString(from start: Int, plainUpTo: Int) throws(Failure) -> String {
        scratch.removeAll(keepingCapacity: true)
        scratch.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<plainUpTo]))
        index = plainUpTo
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                return String(decoding: scratch, as: UTF8.self)
            case UInt8(ascii: "\\"):
                try parseEscape()
            case 0..<0x20:
                throw Failure(.controlCharacter, at: index)
            case 0x20..<0x80:
                scratch.append(byte)
                index += 1
            case _:
                let length = try sequenceLength(at: index)
                scratch.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[index..<index + length]))
                index += length
            }
        }
        throw Failure(.unexpectedEnd, at: index)
    }

    /// The length of a well-formed UTF-8 sequence of two to four bytes (Unicode, table 3-7).
    private func sequenceLength(at start: Int) throws(Failure) -> Int {
        let first = bytes[start]
        let (length, second): (Int, ClosedRange<UInt8>) =
            switch first {
            case 0xC2...0xDF: (2, 0x80...0xBF)
            case 0xE0: (3, 0xA0...0xBF)
            case 0xED: (3, 0x80...0x9F)
            case 0xE1...0xEF: (3, 0x80...0xBF)
            case 0xF0: (4, 0x90...0xBF)
            case 0xF1...0xF3: (4, 0x80...0xBF)
            case 0xF4: (4, 0x80...0x8F)
            case _: (0, 0...0)
            }
        guard length > 0, start + length <= bytes.count, second.contains(bytes[start + 1]) else {
            throw Failure(.invalidUTF8, at: start)
        }
        for offset in 2..<max(2, length) where bytes[start + offset] & 0xC0 != 0x80 {
            throw Failure(.invalidUTF8, at: start)
        }
        return length
    }

    private mutating func parseEscape() throws(Failure) {
        let start = index
        guard start + 1 < bytes.count else { throw Failure(.unexpectedEnd, at: bytes.count) }
        index += 2
        switch bytes[start + 1] {
        case UInt8(ascii: "\""): scratch.append(UInt8(ascii: "\""))
        case UInt8(ascii: "\\"): scratch.append(UInt8(ascii: "\\"))
        case UInt8(ascii: "/"): scratch.append(UInt8(ascii: "/"))
        case UInt8(ascii: "b"): scratch.append(0x08)
        case UInt8(ascii: "f"): scratch.append(0x0C)
        case UInt8(ascii: "n"): scratch.append(0x0A)
        case UInt8(ascii: "r"): scratch.append(0x0D)
        case UInt8(ascii: "t"): scratch.append(0x09)
        case UInt8(ascii: "u"): try appendScalar(escapedAt: start)
        case _: throw Failure(.invalidEscape, at: start)
        }
    }

    private mutating func appendScalar(escapedAt start: Int) throws(Failure) {
        let unit = try parseHexUnit()
        var code = UInt32(unit)
        if unit & 0xF800 == 0xD800 {
            guard unit < 0xDC00, index + 1 < bytes.count,
                bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u")
            else { throw Failure(.loneSurrogate, at: start) }
            index += 2
            let low = try parseHexUnit()
            guard low & 0xFC00 == 0xDC00 else { throw Failure(.loneSurrogate, at: start) }
            code = 0x10000 + (UInt32(unit & 0x3FF) << 10 | UInt32(low & 0x3FF))
        }
        if code == 0, !limits.allowsNulCharacter { throw Failure(.nulCharacter, at: start) }
        guard let scalar = Unicode.Scalar(code) else { throw Failure(.loneSurrogate, at: start) }
        scratch.append(contentsOf: scalar.utf8)
    }

    private mutating func parseHexUnit() throws(Failure) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard index < bytes.count else { throw Failure(.unexpectedEnd, at: index) }
            let digit: UInt8
            switch bytes[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = bytes[index] - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = bytes[index] - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = bytes[index] - UInt8(ascii: "A") + 10
            case _: throw Failure(.invalidEscape, at: index)
            }
            unit = unit << 4 | UInt16(digit)
            index += 1
        }
        return unit
    }
}
