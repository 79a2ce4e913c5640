// Finds placeholders in one string, in linear time. Works on UTF-8: all signs it looks for are ASCII.

/// Walks a string from placeholder to placeholder.
struct TemplateScanner {
    /// A stretch of a string.
    enum Part: Sendable, Hashable {
        case text(String)
        /// What is between the braces, without white space around it.
        case path(String)
    }

    private static let dollar = UInt8(ascii: "$")
    private static let open = UInt8(ascii: "{")
    private static let close = UInt8(ascii: "}")

    private let string: String
    private let placeholders: Set<Template.Placeholder>
    /// The first closing brace at or after the last place asked for; looked for again only when that is passed.
    private var nextClose: String.Index?

    private init(_ string: String, _ placeholders: Set<Template.Placeholder>) {
        self.string = string
        self.placeholders = placeholders
        nextClose = string.utf8.firstIndex(of: Self.close)
    }

    /// Text and paths in turn; a malformed placeholder is text. The empty string is one empty text.
    static func parts(of string: String, placeholders: Set<Template.Placeholder>) -> [Part] {
        guard string.utf8.contains(open) else { return [.text(string)] }
        var scanner = TemplateScanner(string, placeholders)
        return scanner.parts()
    }

    /// What is wrong with the placeholders of a string, one sentence each.
    static func objections(to string: String, placeholders: Set<Template.Placeholder>) -> [String] {
        guard string.utf8.contains(open) else { return [] }
        var scanner = TemplateScanner(string, placeholders)
        return scanner.objections()
    }

    private mutating func parts() -> [Part] {
        var parts: [Part] = []
        var textStart = string.startIndex
        var index = string.startIndex
        while index < string.endIndex {
            guard let kind = opening(at: index), let body = body(after: index, kind) else {
                string.utf8.formIndex(after: &index)
                continue
            }
            if textStart < index { parts.append(.text(String(string[textStart..<index]))) }
            parts.append(.path(Self.trimmed(string[body.range])))
            index = body.end
            textStart = index
        }
        if textStart < string.endIndex { parts.append(.text(String(string[textStart...]))) }
        return parts
    }

    private mutating func objections() -> [String] {
        var objections: [String] = []
        var index = string.startIndex
        while index < string.endIndex {
            guard let kind = opening(at: index) else {
                string.utf8.formIndex(after: &index)
                continue
            }
            guard let body = body(after: index, kind) else {
                objections.append(objectionToMissingBody(after: index, kind))
                if nextClose == nil { return objections }
                string.utf8.formIndex(&index, offsetBy: 2)
                continue
            }
            if let objection = Self.objection(to: Self.trimmed(string[body.range]), kind) {
                objections.append(objection)
            }
            index = body.end
        }
        return objections
    }

    private func opening(at index: String.Index) -> Template.Placeholder? {
        let bytes = string.utf8
        let next = bytes.index(after: index)
        guard next < bytes.endIndex, bytes[next] == Self.open else { return nil }
        switch bytes[index] {
        case Self.dollar: return placeholders.contains(.dollar) ? .dollar : nil
        case Self.open: return placeholders.contains(.mustache) ? .mustache : nil
        case _: return nil
        }
    }

    /// The range between the braces, at least one byte, and the index after the closing ones.
    private mutating func body(
        after index: String.Index, _ kind: Template.Placeholder
    ) -> (range: Range<String.Index>, end: String.Index)? {
        let bytes = string.utf8
        let start = bytes.index(index, offsetBy: 2)
        if let known = nextClose, known < start { nextClose = bytes[start...].firstIndex(of: Self.close) }
        guard let stop = nextClose, stop > start else { return nil }
        var end = bytes.index(after: stop)
        if kind == .mustache {
            guard end < bytes.endIndex, bytes[end] == Self.close else { return nil }
            end = bytes.index(after: end)
        }
        return (start..<stop, end)
    }

    private func objectionToMissingBody(after index: String.Index, _ kind: Template.Placeholder) -> String {
        let start = string.utf8.index(index, offsetBy: 2)
        if nextClose == start { return "The placeholder \(kind.sample("")) is empty." }
        return "A placeholder that starts with \(kind.opening) is not closed by \(kind.closing)."
    }

    private static func objection(to path: String, _ kind: Template.Placeholder) -> String? {
        if path.isEmpty { return "The placeholder \(kind.sample("")) is empty." }
        if path.utf8.contains(open) {
            return "The placeholder \(kind.sample(path.shortened)) has a brace in it; they do not nest."
        }
        return DotPath(path) == nil ? "\(path.quoted) in a placeholder is not a dotted path." : nil
    }

    private static func trimmed(_ text: Substring) -> String {
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(scalars[first...last])
    }
}

extension Template.Placeholder {
    var opening: String {
        switch self {
        case .dollar: "${"
        case .mustache: "{{"
        }
    }

    var closing: String {
        switch self {
        case .dollar: "}"
        case .mustache: "}}"
        }
    }

    func sample(_ path: String) -> String { opening + path + closing }
}
