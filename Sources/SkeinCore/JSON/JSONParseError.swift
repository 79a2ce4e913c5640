// What a refused document tells its sender. Lines are counted only after a failure, never while parsing.

/// Why and where a text is not acceptable JSON.
public struct JSONParseError: Error, Sendable, Hashable {
    /// The reason, stable for programs.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        case unexpectedEnd
        case unexpectedCharacter
        case trailingContent
        case byteOrderMark
        case invalidLiteral
        case invalidNumber
        case numberTooLong
        case exponentTooLarge
        case invalidEscape
        case loneSurrogate
        case controlCharacter
        case nulCharacter
        case invalidUTF8
        case duplicateKey
        case tooDeep
        case tooLarge
        case tooManyValues
    }

    /// The reason, stable for programs.
    public let code: Code
    /// Bytes before the offending byte.
    public let offset: Int
    /// The line of the offending byte, from 1.
    public let line: Int
    /// The column of the offending byte, from 1, counted in Unicode scalars.
    public let column: Int
    /// The place of the value in which parsing failed.
    public let path: JSONPointer
    /// One English sentence without position.
    public let message: String

    init(_ failure: JSONParser.Failure, path: JSONPointer, in bytes: UnsafeBufferPointer<UInt8>) {
        code = failure.code
        offset = failure.offset
        self.path = path
        message = failure.code.message
        var line = 1
        var column = 1
        for byte in bytes.prefix(failure.offset) {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        self.line = line
        self.column = column
    }
}

extension JSONParseError: CustomStringConvertible {
    /// The message with line, column, byte offset and path.
    public var description: String {
        let place = path.tokens.isEmpty ? "" : ", in \(path)"
        return "\(message) (line \(line), column \(column), byte \(offset)\(place))"
    }
}

extension JSONParseError.Code {
    var message: String {
        switch self {
        case .unexpectedEnd: "The document ends too early."
        case .unexpectedCharacter: "This character is not allowed here."
        case .trailingContent: "There is content after the end of the document."
        case .byteOrderMark: "The document starts with a byte order mark."
        case .invalidLiteral: "Only true, false and null are literals."
        case .invalidNumber: "This is not a number as JSON writes it."
        case .numberTooLong: "The number has too many characters."
        case .exponentTooLarge: "The number's exponent is too large."
        case .invalidEscape: "This escape sequence does not exist in JSON."
        case .loneSurrogate: "A surrogate escape has no partner."
        case .controlCharacter: "A control character in a string must be escaped."
        case .nulCharacter: "A string contains U+0000, which cannot be stored."
        case .invalidUTF8: "The bytes are not valid UTF-8."
        case .duplicateKey: "An object has the same key twice."
        case .tooDeep: "The document is nested too deeply."
        case .tooLarge: "The document has too many bytes."
        case .tooManyValues: "The document has too many values."
        }
    }
}
