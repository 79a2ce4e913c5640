// How foreign text is shown in messages: short, on one line.

extension String {
    /// At most 60 characters, control characters as U+FFFD.
    package var shortened: String {
        var result = String.UnicodeScalarView()
        for scalar in unicodeScalars.prefix(60) {
            result.append(scalar.properties.generalCategory == .control ? "\u{FFFD}" : scalar)
        }
        return String(result) + (unicodeScalars.count > 60 ? "…" : "")
    }

    /// ``shortened`` between quotation marks.
    package var quoted: String { "\"\(shortened)\"" }
}
