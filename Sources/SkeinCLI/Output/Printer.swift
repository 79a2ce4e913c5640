// What a command shows, in the format that was asked for.

import SkeinCore

/// Writes items and records to stdout.
struct Printer: Sendable {
    var format: OutputFormat
    var console: Console
    /// The present, for relative times on a terminal.
    var now: Timestamp

    init(format: OutputFormat?, console: Console, now: Timestamp) {
        self.format = format ?? .preferred(for: console)
        self.console = console
        self.now = now
    }

    var table: TableWriter {
        TableWriter(width: console.width, usesColor: console.usesColor, now: console.isTerminal ? now : nil)
    }

    /// A page as the server gave it, or its items.
    func list(_ page: JSONValue, columns: [Column], empty: String) throws {
        let items = Self.items(of: page)
        switch format {
        case .table:
            if items.isEmpty { return console.note(empty) }
            try console.write(table.text(items, columns: columns))
        case .json: try console.write(page.text(.pretty) + "\n")
        case .jsonl: try console.write(items.map { $0.text() + "\n" }.joined())
        case .yaml: try console.write(YAMLWriter.text(page))
        case .csv: try console.write(CSVWriter.text(items, columns: columns))
        }
    }

    /// One item; in a table a line for each of its members.
    func record(_ item: JSONValue, columns: [Column]) throws {
        switch format {
        case .table: try console.write(table.record(item))
        case .json: try console.write(item.text(.pretty) + "\n")
        case .jsonl: try console.write(item.text() + "\n")
        case .yaml: try console.write(YAMLWriter.text(item))
        case .csv: try console.write(CSVWriter.text([item], columns: columns))
        }
    }

    /// A document of any shape; people get YAML.
    func document(_ value: JSONValue) throws {
        switch format {
        case .table, .yaml: try console.write(YAMLWriter.text(value))
        case .json: try console.write(value.text(.pretty) + "\n")
        case .jsonl, .csv: try console.write(value.text() + "\n")
        }
    }

    /// One item of a stream whose end is not known.
    ///
    /// - Parameter isFirst: whether a header belongs before it.
    func streamed(_ item: JSONValue, columns: [Column], line: String, isFirst: Bool) throws {
        switch format {
        case .table: try console.write(line.withoutControls + "\n")
        case .json, .jsonl: try console.write(item.text() + "\n")
        case .yaml: try console.write("---\n" + YAMLWriter.text(item))
        case .csv: try console.write((isFirst ? CSVWriter.header(columns) : "") + CSVWriter.row(item, columns: columns))
        }
    }

    /// The items of a page: its `items`, or the document itself when it is a list.
    static func items(of page: JSONValue) -> [JSONValue] { page.object?["items"]?.array ?? page.array ?? [] }
}
