// Where the readers of a definition leave what they find. Suggestions are rationed: names come from outside.

/// The problems of one definition, in the order they are found.
struct ProblemCollector {
    private(set) var errors: [Problem] = []
    private(set) var warnings: [Problem] = []
    /// How many names may still be compared for suggestions; a hostile definition must not cost minutes.
    private var comparisons = 30_000

    mutating func error(_ code: ProblemCode, at pointer: JSONPointer, _ message: String) {
        errors.append(Problem(code, at: pointer, message))
    }

    mutating func error(_ problems: [Problem]) {
        errors += problems
    }

    mutating func warning(_ code: ProblemCode, at pointer: JSONPointer, _ message: String) {
        warnings.append(Problem(code, at: pointer, message))
    }

    /// The name that was probably meant, as long as there is time for it.
    mutating func suggestion(for name: String, among candidates: some Collection<String>) -> String? {
        guard candidates.count <= comparisons else { return nil }
        comparisons -= candidates.count
        return Suggestion.nearest(to: name, among: candidates)
    }

    /// The end of a sentence with the name that was probably meant, or a full stop.
    mutating func phrase(for name: String, among candidates: some Collection<String>) -> String {
        Self.phrase(suggestion(for: name, among: candidates))
    }

    /// The end of a sentence with a name, or a full stop.
    static func phrase(_ suggestion: String?) -> String {
        suggestion.map { "; did you mean \($0.quoted)?" } ?? "."
    }
}
