import SkeinCore
import Yams

/// The core schema of YAML 1.2 for one scalar.
enum YAMLScalar {
    static func value(of scalar: Node.Scalar) throws -> JSONValue {
        let text = scalar.string
        guard !text.utf8.contains(0) else {
            throw YAMLDocument.refused("Text with a NUL character cannot be stored.", scalar.mark)
        }
        switch scalar.tag.description {
        case "", "!": break
        case Tag.Name.str.rawValue: return .string(text)
        case let tag where tag.hasPrefix("tag:yaml.org,2002:"): break
        case let tag: throw YAMLDocument.refused("The tag \(tag.quoted) means nothing here.", scalar.mark)
        }
        guard scalar.style == .plain || scalar.style == .any else { return .string(text) }
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return true
        case "false", "False", "FALSE": return false
        case ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "-.inf", "-.Inf", "-.INF", "+.inf", "+.Inf", "+.INF":
            throw YAMLDocument.refused("JSON has no number \(text).", scalar.mark)
        case _: return number(text) ?? .string(text)
        }
    }

    /// Decimal integers and fractions, `0o17`, `0x1F`; with the digits as they are.
    private static func number(_ text: String) -> JSONValue? {
        guard let first = text.utf8.first, "+-.0123456789".utf8.contains(first),
            text.utf8.count <= JSONLimits.default.maxNumberLength
        else {
            return nil
        }
        if text.hasPrefix("0x") { return Int64(text.dropFirst(2), radix: 16).map(JSONValue.int) }
        if text.hasPrefix("0o") { return Int64(text.dropFirst(2), radix: 8).map(JSONValue.int) }
        let sign = first == UInt8(ascii: "-") ? "-" : ""
        var digits = text[...]
        if first == UInt8(ascii: "-") || first == UInt8(ascii: "+") { digits.removeFirst() }
        guard let lead = digits.utf8.first, ".0123456789".utf8.contains(lead) else { return nil }
        let end = digits.firstIndex { $0 == "e" || $0 == "E" } ?? digits.endIndex
        let parts = digits[..<end].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let whole = (parts.first ?? "").drop { $0 == "0" }
        let fraction = parts.count > 1 ? (parts[1].isEmpty ? "0" : parts[1]) : nil
        guard !digits[..<end].allSatisfy({ $0 == "." }) else { return nil }
        let mantissa = sign + (whole.isEmpty ? "0" : whole) + (fraction.map { "." + $0 } ?? "")
        return JSONValue.number(mantissa + digits[end...])
    }
}
