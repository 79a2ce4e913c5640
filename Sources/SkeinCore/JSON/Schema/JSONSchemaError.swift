// Why a document is no schema.

/// Everything that is wrong with a schema.
public struct JSONSchemaError: Error, Sendable, Hashable {
    /// At least one.
    public let problems: [JSONSchemaProblem]
}

extension JSONSchemaError: CustomStringConvertible {
    /// All problems, one per line.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// One mistake in a schema.
public struct JSONSchemaProblem: Sendable, Hashable {
    /// The reason, stable for programs.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// A keyword's value is not of the kind it must be.
        case invalidKeyword
        /// A reference leads nowhere.
        case unresolvedReference
        /// A regular expression is none.
        case invalidPattern
        /// An identifier or anchor exists twice.
        case duplicateIdentifier
        /// `$schema` names rules that are not known.
        case unknownDialect
        /// The schema is too deep or too large.
        case tooComplex
    }

    /// The reason, stable for programs.
    public let code: Code
    /// The URI of the document, `nil` for the one given.
    public let document: String?
    /// The place in the document.
    public let pointer: JSONPointer
    /// One English sentence for people.
    public let message: String
}

extension JSONSchemaProblem: CustomStringConvertible {
    /// Place and message on one line.
    public var description: String {
        let place = pointer.tokens.isEmpty ? "(root)" : pointer.description
        return "\(document.map { $0 + "#" } ?? "")\(place): \(message)"
    }
}
