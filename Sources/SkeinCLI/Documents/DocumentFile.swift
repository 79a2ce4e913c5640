// A YAML or JSON file as JSON data that knows its lines.

import SkeinCore

/// A document read from a file.
struct DocumentFile: Sendable {
    let path: String
    let value: JSONValue
    /// The line of each value, from 1, where it is known.
    let lines: [JSONPointer: Int]

    /// Reads YAML or, from a file whose name ends in `.json`, JSON; `-` is stdin.
    ///
    /// - Throws: a failure that names the file and, where it can, the line.
    init(path: String) throws(CommandFailure) {
        let text = path == "-" ? try TextFile.readInput() : try TextFile.read(path)
        try self.init(text: text, path: path)
    }

    init(text: String, path: String) throws(CommandFailure) {
        self.path = path == "-" ? "stdin" : path
        let start = text.unicodeScalars.first { !$0.properties.isWhitespace }
        if path.lowercased().hasSuffix(".json") || start == "{" || start == "[" {
            do {
                value = try JSONValue(parsing: text)
            } catch {
                throw CommandFailure(.failure, "\(self.path) is not valid JSON: \(error)", fix: "correct the file")
            }
            // JSON is YAML in flow style: the lines come from there, and are left out where that fails.
            lines = (try? YAMLDocument(text, path: self.path).lines) ?? [:]
        } else {
            let document = try YAMLDocument(text, path: self.path)
            value = document.value
            lines = document.lines
        }
    }

    /// The line of a place, or of the nearest value around it.
    func line(of pointer: JSONPointer) -> Int? {
        var current: JSONPointer? = pointer
        while let place = current {
            if let line = lines[place] { return line }
            current = place.parent
        }
        return nil
    }
}
