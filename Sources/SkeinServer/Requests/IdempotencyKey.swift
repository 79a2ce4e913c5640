import HTTPTypes
import SkeinCore

/// The `Idempotency-Key` header: a structured-field string (`"k"`), or the key alone.
enum IdempotencyKey {
    /// The longest key in bytes.
    static let limit = 255

    /// Nil without the header.
    ///
    /// - Throws: 400 for several headers, and for keys that are empty, too long or not of printable ASCII characters.
    static func of(_ headers: HTTPFields) throws -> String? {
        let fields = headers[values: .idempotencyKey]
        guard let field = fields.first else { return nil }
        guard fields.count == 1 else { throw refused("The header may be given once.") }
        let text = field.trimmed
        guard text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw refused("A key has only printable ASCII characters.")
        }
        let key = try text.hasPrefix("\"") ? unquoted(text) : text
        guard !key.isEmpty, key.utf8.count <= limit else { throw refused("A key has 1 to \(limit) characters.") }
        return key
    }

    private static func unquoted(_ text: String) throws -> String {
        var key = ""
        var rest = text.dropFirst().makeIterator()
        while let character = rest.next() {
            switch character {
            case "\"":
                guard rest.next() == nil else { throw refused("Nothing may follow the closing quotation mark.") }
                return key
            case "\\":
                guard let escaped = rest.next(), escaped == "\"" || escaped == "\\" else {
                    throw refused("A backslash escapes only itself and quotation marks.")
                }
                key.append(escaped)
            case _: key.append(character)
            }
        }
        throw refused("The closing quotation mark is missing.")
    }

    private static func refused(_ message: String) -> HTTPProblem {
        HTTPProblem(
            .badRequest, "INVALID_IDEMPOTENCY_KEY", "The idempotency key is not valid. \(message)",
            errors: [["header": "Idempotency-Key", "code": "BAD_VALUE", "message": .string(message)]])
    }
}
