// One thing that is wrong with a definition, in the form users and programs get it.

/// A mistake in a document, with its place.
public struct Problem: Sendable, Hashable {
    /// What is wrong, stable for programs: one of ``ProblemCode``, or a code of a handler's own.
    public let code: String
    /// Where; for something missing, where it would have to be.
    public let pointer: JSONPointer
    /// One English sentence for people.
    public let message: String

    /// Creates a problem.
    public init(code: String, pointer: JSONPointer, message: String) {
        self.code = code
        self.pointer = pointer
        self.message = message
    }

    /// Creates a problem with one of the known codes.
    public init(_ code: ProblemCode, at pointer: JSONPointer, _ message: String) {
        self.init(code: code.rawValue, pointer: pointer, message: message)
    }

    /// The problem as `{code, pointer, message}`.
    public var json: JSONValue {
        .object([
            "code": .string(code), "pointer": .string(pointer.description), "message": .string(message),
        ])
    }

    /// The same problem of a value that lies deeper in another document.
    public func moved(under base: JSONPointer) -> Problem {
        Problem(code: code, pointer: JSONPointer(tokens: base.tokens + pointer.tokens), message: message)
    }
}

extension Problem: CustomStringConvertible {
    /// Code, place and message on one line.
    public var description: String {
        let place = pointer.tokens.isEmpty ? "(root)" : pointer.description
        return "\(code) \(place): \(message)"
    }
}
