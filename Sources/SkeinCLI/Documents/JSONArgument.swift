import SkeinCore

/// JSON on the command line: the text itself, `@FILE`, or `-` for stdin. A file may be YAML.
enum JSONArgument {
    /// - Throws: a usage failure that names the option.
    static func read(_ argument: String, option: String) throws(CommandFailure) -> JSONValue {
        if argument == "-" { return try parse(try TextFile.readInput(), of: option, name: "stdin") }
        guard argument.hasPrefix("@") else { return try parse(argument, of: option, name: nil) }
        let path = String(argument.dropFirst())
        do {
            return try DocumentFile(path: path).value
        } catch {
            throw CommandFailure(.usage, "\(option): \(error.what)", details: error.details, fix: error.fix)
        }
    }

    private static func parse(_ text: String, of option: String, name: String?) throws(CommandFailure) -> JSONValue {
        do {
            return try JSONValue(parsing: text)
        } catch {
            throw CommandFailure(
                .usage, "\(option)\(name.map { " from \($0)" } ?? "") is not JSON: \(error)",
                fix: "quote it for the shell, as in '{\"amount\": 12}', or name a file with @FILE")
        }
    }
}
