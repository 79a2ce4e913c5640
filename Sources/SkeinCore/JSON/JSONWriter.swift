// Values to bytes, for all three styles. Recursion follows the value's own nesting.

import OrderedCollections

/// How a value is written.
public enum JSONStyle: Sendable, Hashable {
    /// No white space; keys in their order, numbers as written.
    case compact
    /// Two spaces per level; keys in their order, numbers as written.
    case pretty
    /// No white space, keys sorted by UTF-16 code units, one notation per number: equal data gives equal bytes.
    ///
    /// This is RFC 8785 with exact numbers in place of doubles.
    case canonical
}

/// Appends one value to a buffer.
struct JSONWriter {
    var output: [UInt8]
    /// Whether a NUL character was written.
    var hasNul = false
    /// How deep the compact form is nested so far: what ``JSONValue/depth`` counts.
    private(set) var depth = 0
    private var level = 0

    init(output: [UInt8]) { self.output = output }

    mutating func write(_ value: JSONValue) {
        switch value {
        case .null: output.append(contentsOf: "null".utf8)
        case .bool(let value): output.append(contentsOf: value ? "true".utf8 : "false".utf8)
        case .int(let value): write(value)
        case .decimal(let value): append(value.text)
        case .string(let value): write(value)
        case .array(let elements):
            enter()
            output.append(UInt8(ascii: "["))
            var isFirst = true
            for element in elements {
                if !isFirst { output.append(UInt8(ascii: ",")) }
                isFirst = false
                write(element)
            }
            output.append(UInt8(ascii: "]"))
            level -= 1
        case .object(let object):
            enter()
            output.append(UInt8(ascii: "{"))
            for index in 0..<object.storage.count {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                let (key, value) = object.storage.elements[index]
                write(key.string)
                output.append(UInt8(ascii: ":"))
                write(value)
            }
            output.append(UInt8(ascii: "}"))
            level -= 1
        }
    }

    private mutating func enter() {
        level += 1
        depth = max(depth, level)
    }

    mutating func writePretty(_ value: JSONValue, level: Int = 0) {
        switch value {
        case .array(let elements) where !elements.isEmpty:
            writeLines("[", elements, "]", level: level) { $0.writePretty($1, level: level + 1) }
        case .object(let object) where !object.isEmpty:
            writeLines("{", object, "}", level: level) { writer, member in
                writer.write(member.key)
                writer.output.append(contentsOf: ": ".utf8)
                writer.writePretty(member.value, level: level + 1)
            }
        case .null, .bool, .int, .decimal, .string, .array, .object:
            write(value)
        }
    }

    private mutating func writeLines<Items: Collection>(
        _ open: Unicode.Scalar, _ items: Items, _ close: Unicode.Scalar, level: Int,
        _ writeItem: (inout JSONWriter, Items.Element) -> Void
    ) {
        output.append(UInt8(ascii: open))
        var isFirst = true
        for item in items {
            if !isFirst { output.append(UInt8(ascii: ",")) }
            isFirst = false
            breakLine(level: level + 1)
            writeItem(&self, item)
        }
        breakLine(level: level)
        output.append(UInt8(ascii: close))
    }

    private mutating func breakLine(level: Int) {
        output.append(UInt8(ascii: "\n"))
        output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * level))
    }

    mutating func writeCanonical(_ value: JSONValue) {
        switch value {
        case .null, .bool, .int, .string:
            write(value)
        case .decimal(let value):
            JSONNormalNumber(value).appendCanonical(to: &output)
        case .array(let elements):
            output.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                writeCanonical(element)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let object):
            output.append(UInt8(ascii: "{"))
            let members = object.sorted { $0.key.utf16.lexicographicallyPrecedes($1.key.utf16) }
            for (index, member) in members.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                write(member.key)
                output.append(UInt8(ascii: ":"))
                writeCanonical(member.value)
            }
            output.append(UInt8(ascii: "}"))
        }
    }
}
