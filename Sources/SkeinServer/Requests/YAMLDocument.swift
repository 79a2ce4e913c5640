// YAML bodies. Scalars follow the core schema of YAML 1.2, so that `no` and `12:30` stay texts; integers keep all their
// digits.

import HTTPTypes
import SkeinCore
import Yams

/// Reads one YAML document as JSON data.
enum YAMLDocument {
    /// - Throws: 400 with line and column; 422 for what JSON cannot say.
    static func value(of bytes: [UInt8]) throws -> JSONValue {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw refused("The document is not UTF-8.", line: nil)
        }
        // Anchors make small documents large without bound, also inside the parser: they end here, before it.
        if let line = lineOfAnchor(in: text) {
            throw refused("Anchors (&name) and aliases are not accepted here; write the values out.", line: line)
        }
        do {
            guard let root = try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot() else {
                return .null
            }
            return try convert(root, depth: 0)
        } catch let error as YamlError {
            throw problem(error)
        }
    }

    private static func convert(_ node: Node, depth: Int) throws -> JSONValue {
        guard depth <= JSONLimits.default.maxDepth else {
            throw refused("The document is nested too deeply.", node.mark)
        }
        switch node {
        case .scalar(let scalar): return try YAMLScalar.value(of: scalar)
        case .sequence(let sequence): return .array(try sequence.map { try convert($0, depth: depth + 1) })
        case .mapping(let mapping):
            var object = JSONObject()
            for (key, value) in mapping {
                guard let name = key.scalar?.string else { throw refused("A key must be a text.", key.mark) }
                guard !name.utf8.contains(0) else {
                    throw refused("Text with a NUL character cannot be stored.", key.mark)
                }
                guard !object.contains(key: name) else {
                    throw refused("An object has the key \(name.quoted) twice.", key.mark)
                }
                object[name] = try convert(value, depth: depth + 1)
            }
            return .object(object)
        case .alias: throw refused("Aliases are not accepted here; write the values out.", node.mark)
        }
    }

    /// The line of what could be an anchor: an ampersand and a name where a value may begin.
    private static func lineOfAnchor(in text: String) -> Int? {
        var line = 1
        var previous = UInt8(ascii: "\n")
        var isAfterAmpersand = false
        for byte in text.utf8 {
            if isAfterAmpersand, isNameByte(byte) { return line }
            isAfterAmpersand = byte == UInt8(ascii: "&") && mayPrecedeValue(previous)
            if byte == UInt8(ascii: "\n") { line += 1 }
            previous = byte
        }
        return nil
    }

    private static func mayPrecedeValue(_ byte: UInt8) -> Bool {
        // Bytes from 0x80 may end a line separator.
        byte <= 0x20 || byte >= 0x80 || "[]{},:?-!|>\"'".utf8.contains(byte)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte >= 0x80 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            || Unicode.Scalar(byte).properties.isAlphabetic
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    static func refused(_ message: String, _ mark: Mark?) -> HTTPProblem {
        refused(message, line: mark?.line, column: mark?.column)
    }

    private static func refused(_ message: String, line: Int?, column: Int? = nil) -> HTTPProblem {
        let place = line.map { " (line \($0)\(column.map { ", column \($0)" } ?? ""))" } ?? ""
        var problem = HTTPProblem(.badRequest, "INVALID_YAML", message + place)
        problem.members["line"] = line.map { .int(Int64($0)) }
        problem.members["column"] = column.map { .int(Int64($0)) }
        return problem
    }

    private static func problem(_ error: YamlError) -> HTTPProblem {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            refused("The document is not YAML: \(problem).", mark)
        case .duplicatedKeysInMapping(let duplicates, let context):
            refused("An object has the key \((duplicates.first ?? "").quoted) twice.", context.mark)
        case .reader(let problem, _, _, _): refused("The document is not YAML: \(problem).", line: nil)
        case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
            refused("The document is not YAML.", line: nil)
        }
    }
}
