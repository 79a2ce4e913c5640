// What may name a flow or a step. One place, because ids end up in URLs, log lines, SQL and file names.

/// The rules for the ids of flows and steps.
///
/// An id has 1 to 200 characters (Unicode scalars), none of them a control character or a line separator, no white
/// space at either end, and is not `.` or `..`, which URLs cannot carry as a path segment. A step's id has no `/`
/// either: a handler registered for one step of one flow is called `flow/step`, which is split at the last `/`.
public enum Identifier {
    /// What an id names.
    public enum Kind: Sendable, Hashable, CaseIterable {
        case flow, step
    }

    /// The most Unicode scalars of an id.
    public static let maxLength = 200

    /// Why a text cannot be an id, as the end of a sentence (`must not be empty`); `nil` when it can.
    public static func objection(to text: String, as kind: Kind) -> String? {
        let scalars = text.unicodeScalars
        guard let first = scalars.first, let last = scalars.last else { return "must not be empty" }
        if scalars.count > maxLength { return "must not be longer than \(maxLength) characters" }
        if scalars.contains(where: isControl) { return "must not contain control characters" }
        if first.properties.isWhitespace || last.properties.isWhitespace {
            return "must not start or end with white space"
        }
        if text == "." || text == ".." { return "must not be a path of dots" }
        if kind == .step, scalars.contains("/") { return "must not contain \"/\"" }
        return nil
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        case _: false
        }
    }
}
