// YAML as JSON data, by the core schema of YAML 1.2: `no` and `on` are strings, `0x1F` and `.5` are numbers. One
// document per file.

import SkeinCore
import Yams

/// One parsed YAML document.
struct YAMLDocument {
    private(set) var value: JSONValue = .null
    private(set) var lines: [JSONPointer: Int] = [:]
    private let path: String
    private var count = 0

    /// Values in one document at most: aliases let few bytes stand for many.
    private static let limit = 1_000_000
    private static let depthLimit = 64

    init(_ text: String, path: String) throws(CommandFailure) {
        self.path = path
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw Self.failure(error, path: path)
        }
        if let root { value = try read(root, .root) }
    }

    private static func failure(_ error: any Error, path: String) -> CommandFailure {
        let (line, problem): (Int?, String) =
            switch error as? YamlError {
            case .scanner(_, let problem, let mark, _)?, .parser(_, let problem, let mark, _)?,
                .composer(_, let problem, let mark, _)?:
                (mark.line, problem)
            case .duplicatedKeysInMapping(let keys, let context)?:
                (context.mark.line, "the same key twice: " + keys.map { "\($0)" }.joined(separator: ", "))
            case _: (nil, "\(error)")
            }
        let place = line.map { "\(path):\($0)" } ?? path
        return CommandFailure(.failure, "\(place): not valid YAML: \(problem)", fix: "correct the file")
    }

    private mutating func read(_ node: Node, _ pointer: JSONPointer) throws(CommandFailure) -> JSONValue {
        count += 1
        guard count <= Self.limit, pointer.tokens.count <= Self.depthLimit else {
            throw CommandFailure(
                .failure, "\(path): the document is too large or nested too deeply", fix: "make it smaller")
        }
        if let mark = node.mark, lines[pointer] == nil { lines[pointer] = mark.line }
        switch node {
        case .scalar(let scalar): return try value(of: scalar, node, pointer)
        case .sequence(let sequence):
            var elements: [JSONValue] = []
            for (index, element) in sequence.enumerated() {
                elements.append(try read(element, pointer.appending(index: index)))
            }
            return .array(elements)
        case .mapping(let mapping):
            var object = JSONObject()
            for (key, member) in mapping {
                guard case .scalar(let name) = key else { throw refused(key, pointer, "a key must be text") }
                let place = pointer.appending(key: name.string)
                lines[place] = key.mark?.line
                object[name.string] = try read(member, place)
            }
            return .object(object)
        case .alias: throw refused(node, pointer, "this alias has no anchor")
        }
    }

    private func value(of scalar: Node.Scalar, _ node: Node, _ pointer: JSONPointer) throws(CommandFailure) -> JSONValue
    {
        let text = scalar.string
        let tag = scalar.tag.description
        if tag == "tag:yaml.org,2002:str" || tag == "!" { return .string(text) }
        guard tag.isEmpty || tag.hasPrefix("tag:yaml.org,2002:") else {
            throw refused(node, pointer, "the tag \(tag) has no meaning here")
        }
        guard scalar.style == .any || scalar.style == .plain else { return .string(text) }
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        case ".inf", ".Inf", ".INF", "-.inf", "+.inf", ".nan", ".NaN", ".NAN":
            throw refused(node, pointer, "\(text) is not a JSON number")
        case _: return Self.number(text) ?? .string(text)
        }
    }

    /// A number of the core schema.
    private static func number(_ text: String) -> JSONValue? {
        if let number = JSONValue.number(text) { return number }
        if text.hasPrefix("0x"), let value = Int64(text.dropFirst(2), radix: 16) { return .int(value) }
        if text.hasPrefix("0o"), let value = Int64(text.dropFirst(2), radix: 8) { return .int(value) }
        guard let first = text.utf8.first, text.utf8.dropFirst().allSatisfy({ "0123456789.eE+-".utf8.contains($0) })
        else { return nil }
        guard
            first == UInt8(ascii: "+") || first == UInt8(ascii: "-") || first == UInt8(ascii: ".")
                || (0x30...0x39).contains(first)
        else { return nil }
        if let value = Int64(text) { return .int(value) }
        return Double(text).flatMap { JSONValue.double($0) }
    }

    private func refused(_ node: Node, _ pointer: JSONPointer, _ why: String) -> CommandFailure {
        let line = node.mark?.line ?? lines[pointer]
        return CommandFailure(.failure, "\(line.map { "\(path):\($0)" } ?? path): \(why)", fix: "correct the file")
    }
}
