import ArgumentParser

/// How data is written.
enum OutputFormat: String, Sendable, CaseIterable, ExpressibleByArgument {
    /// Aligned columns for people.
    case table
    /// One document, in the shape of the HTTP API.
    case json
    /// One line for each item.
    case jsonl
    case yaml
    case csv

    /// What is written when nobody asked for a format.
    static func preferred(for console: Console) -> OutputFormat { console.isTerminal ? .table : .json }
}
