import SkeinCore

/// Aligned columns: headers above, two spaces between, the widest column cut when the terminal is too narrow.
struct TableWriter {
    /// Columns of the terminal; nil: nothing is cut.
    var width: Int?
    var usesColor = false
    /// What times are told relative to; nil: RFC 3339.
    var now: Timestamp?

    func text(_ items: [JSONValue], columns: [Column]) -> String {
        let rows = items.map { item in columns.map { $0.text(in: item, relativeTo: now).withoutControls } }
        let used = columns.indices.filter { index in index == 0 || rows.contains { !$0[index].isEmpty } }
        let widths = fitted(
            used.map { index in rows.reduce(columns[index].title.count) { max($0, $1[index].count) } })
        var lines = [line(used.map { columns[$0].title }, widths, styles: nil)]
        for row in rows { lines.append(line(used.map { row[$0] }, widths, styles: used.map { columns[$0].style })) }
        return lines.joined(separator: "\n") + "\n"
    }

    /// One item, a line for each member.
    func record(_ item: JSONValue) -> String {
        guard let object = item.object else { return item.text().withoutControls + "\n" }
        let width = object.keys.reduce(0) { max($0, $1.count) }
        let lines = object.map { key, value in
            let text = value.string ?? value.text()
            let shown = key == "status" ? colored(text.withoutControls, .status) : text.withoutControls
            return "\(key.withoutControls.padded(to: width))  \(shown)"
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func line(_ cells: [String], _ widths: [Int], styles: [Column.Style]?) -> String {
        let texts = cells.indices.map { index in
            let cell = cells[index].cut(to: widths[index])
            let padded = index == cells.count - 1 ? cell : cell.padded(to: widths[index])
            guard let styles else { return padded }
            return colored(padded, styles[index])
        }
        return texts.joined(separator: "  ")
    }

    /// Takes what is too much from the widest columns, down to 8 each.
    private func fitted(_ widths: [Int]) -> [Int] {
        guard let width else { return widths }
        var widths = widths
        var excess = widths.reduce(0, +) + 2 * (widths.count - 1) - width
        while excess > 0, let widest = widths.indices.max(by: { widths[$0] < widths[$1] }), widths[widest] > 8 {
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }

    private func colored(_ text: String, _ style: Column.Style) -> String {
        guard usesColor, style == .status else { return text }
        let word = text.split(separator: " ").first.map { String($0) } ?? ""
        let code: Int? =
            switch word {
            case "completed", "live", "ok", "valid": 32
            case "failed", "rollback_failed", "dead", "timeout", "invalid": 31
            case "waiting", "paused", "cancelled", "rolled_back", "rolling_back", "warning": 33
            case "running": 36
            default: nil
            }
        return code.map { "\u{1B}[\($0)m\(text)\u{1B}[0m" } ?? text
    }
}
