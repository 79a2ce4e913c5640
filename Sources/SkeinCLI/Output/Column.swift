import SkeinCore

/// One column of a table or a CSV file.
struct Column: Sendable, Hashable {
    enum Style: Sendable, Hashable {
        case plain
        /// A status: coloured.
        case status
        /// An instant: relative on a terminal, RFC 3339 elsewhere.
        case time
        /// Milliseconds.
        case milliseconds
    }

    /// The path of the value in the item, member by member; also the header of a CSV column.
    var key: String
    var title: String
    var style: Style

    init(_ key: String, _ title: String? = nil, _ style: Style = .plain) {
        self.key = key
        self.title = title ?? key.uppercased()
        self.style = style
    }

    /// The value in an item.
    func value(in item: JSONValue) -> JSONValue? {
        key.split(separator: ".").reduce(Optional(item)) { value, part in value?.object?[String(part)] }
    }

    /// The value as text of one line.
    ///
    /// - Parameter now: what times are told relative to; nil: as they are.
    func text(in item: JSONValue, relativeTo now: Timestamp?) -> String {
        guard let value = value(in: item), !value.isNull else { return "" }
        switch style {
        case .time:
            guard let now, let time = value.string.flatMap({ Timestamp($0) }) else { return Self.plain(value) }
            return RelativeTime.text(time, relativeTo: now)
        case .milliseconds:
            guard now != nil, let span = value.int64 else { return Self.plain(value) }
            return RelativeTime.span(milliseconds: span)
        case .plain, .status:
            return Self.plain(value)
        }
    }

    private static func plain(_ value: JSONValue) -> String {
        if let text = value.string { return text }
        if let list = value.array, list.allSatisfy({ $0.string != nil }) {
            return list.compactMap(\.string).joined(separator: ",")
        }
        return value.text()
    }
}
