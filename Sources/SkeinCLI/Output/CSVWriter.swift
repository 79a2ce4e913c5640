import SkeinCore

/// Comma-separated values by RFC 4180, with a header of member paths; lines end in LF.
enum CSVWriter {
    static func text(_ items: [JSONValue], columns: [Column]) -> String {
        header(columns) + items.map { row($0, columns: columns) }.joined()
    }

    static func header(_ columns: [Column]) -> String { columns.map { quoted($0.key) }.joined(separator: ",") + "\n" }

    static func row(_ item: JSONValue, columns: [Column]) -> String {
        columns.map { quoted($0.text(in: item, relativeTo: nil)) }.joined(separator: ",") + "\n"
    }

    private static func quoted(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { "\",\n\r".unicodeScalars.contains($0) }) else { return text }
        let doubled = text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
        return "\"\(doubled)\""
    }
}
