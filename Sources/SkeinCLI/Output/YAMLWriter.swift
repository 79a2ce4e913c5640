import SkeinCore

/// Writes JSON data as YAML in block style. What might be read as something else than a string is quoted.
enum YAMLWriter {
    static func text(_ value: JSONValue) -> String {
        var output = ""
        write(value, indent: 0, to: &output, isInline: false)
        return output
    }

    private static func write(_ value: JSONValue, indent: Int, to output: inout String, isInline: Bool) {
        let margin = String(repeating: " ", count: indent)
        switch value {
        case .object(let object) where !object.isEmpty:
            for (offset, member) in object.enumerated() {
                if offset > 0 || !isInline { output += margin }
                output += scalar(member.key) + ":"
                writeBehind(member.value, indent: indent, to: &output)
            }
        case .array(let elements) where !elements.isEmpty:
            for (offset, element) in elements.enumerated() {
                if offset > 0 || !isInline { output += margin }
                output += "- "
                write(element, indent: indent + 2, to: &output, isInline: true)
            }
        case .string(let text): output += scalar(text) + "\n"
        case .null, .bool, .int, .decimal, .object, .array: output += value.text() + "\n"
        }
    }

    private static func writeBehind(_ value: JSONValue, indent: Int, to output: inout String) {
        switch value {
        case .object(let object) where !object.isEmpty:
            output += "\n"
            write(value, indent: indent + 2, to: &output, isInline: false)
        case .array(let elements) where !elements.isEmpty:
            output += "\n"
            write(value, indent: indent, to: &output, isInline: false)
        case .null, .bool, .int, .decimal, .string, .object, .array:
            output += " "
            write(value, indent: indent, to: &output, isInline: true)
        }
    }

    private static func scalar(_ text: String) -> String {
        isPlain(text) ? text : JSONValue.string(text).text()
    }

    /// Whether every YAML reader takes the text for a string as it stands.
    private static func isPlain(_ text: String) -> Bool {
        let reserved: Set = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        guard let first = text.unicodeScalars.first, !reserved.contains(text.lowercased()) else { return false }
        guard first.properties.isAlphabetic || first == "/" || first == "_" else { return false }
        guard !text.hasSuffix(" "), !text.hasSuffix(":") else { return false }
        var previous: Unicode.Scalar = first
        for scalar in text.unicodeScalars {
            guard !scalar.isControl, scalar.value < 0xFFFE else { return false }
            if scalar == " ", previous == ":" { return false }
            if scalar == "#", previous == " " { return false }
            previous = scalar
        }
        // `.inf` and dates start otherwise; `e` and hexadecimal forms start with a digit.
        return true
    }
}
