// The picture as SVG: steps in rows by their distance from the start, edges from box to box.

extension FlowDrawing {
    private static let box = (width: 180, height: 56)
    private static let gap = (across: 30, down: 50)

    /// The picture as an SVG document of its own, without scripts and without references.
    public var svg: String {
        let rows = rows
        let widest = rows.map(\.count).max() ?? 0
        let width = max(1, widest) * (Self.box.width + Self.gap.across) + Self.gap.across
        let height = max(1, rows.count) * (Self.box.height + Self.gap.down) + Self.gap.down
        var places: [StepID: (x: Int, y: Int)] = [:]
        for (rank, row) in rows.enumerated() {
            let used = row.count * (Self.box.width + Self.gap.across) - Self.gap.across
            for (place, node) in row.enumerated() {
                places[node.id] = (
                    (width - used) / 2 + place * (Self.box.width + Self.gap.across),
                    Self.gap.down / 2 + rank * (Self.box.height + Self.gap.down)
                )
            }
        }
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(width) \(height)\" width=\"\(width)\" height=\"\(height)\" "
                + "font-family=\"sans-serif\" font-size=\"13\">",
            "<title>\(Self.xml(title))</title>",
            "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">"
                + "<path d=\"M0 0L8 4L0 8z\"/></marker></defs>",
        ]
        for edge in edges { lines += line(edge, places) }
        for node in nodes { lines += shape(node, places) }
        return (lines + ["</svg>"]).joined(separator: "\n") + "\n"
    }

    /// Nodes by the length of the shortest way to them; what no way leads to comes last.
    private var rows: [[Node]] {
        var ranks: [StepID: Int] = [:]
        var pending = nodes.filter { $0.kind == .start }.map(\.id)
        for id in pending { ranks[id] = 0 }
        let ways = Dictionary(grouping: edges, by: \.from)
        var next = 0
        while next < pending.count {
            for edge in ways[pending[next]] ?? [] where ranks[edge.to] == nil {
                ranks[edge.to] = (ranks[pending[next]] ?? 0) + 1
                pending.append(edge.to)
            }
            next += 1
        }
        let last = (ranks.values.max() ?? -1) + 1
        let byRank = Dictionary(grouping: nodes) { ranks[$0.id] ?? last }
        return byRank.keys.sorted().compactMap { byRank[$0] }
    }

    private func line(_ edge: Edge, _ places: [StepID: (x: Int, y: Int)]) -> [String] {
        guard let from = places[edge.from], let to = places[edge.to] else { return [] }
        let isDown = to.y > from.y
        let (x1, y1) = (from.x + Self.box.width / 2, from.y + (isDown ? Self.box.height : 0))
        let (x2, y2) = (to.x + Self.box.width / 2, to.y + (isDown ? 0 : Self.box.height))
        let bend = isDown ? 0 : Self.box.width
        let dash = edge.on == .success || edge.on == .join ? "" : " stroke-dasharray=\"5 4\""
        var lines = [
            "<path d=\"M\(x1) \(y1)C\(x1 + bend) \((y1 + y2) / 2) \(x2 + bend) \((y1 + y2) / 2) \(x2) \(y2)\" fill=\"none\" "
                + "stroke=\"#555\"\(dash) marker-end=\"url(#tip)\"/>"
        ]
        if !dash.isEmpty {
            lines.append(
                "<text x=\"\((x1 + x2) / 2 + bend / 2 + 4)\" y=\"\((y1 + y2) / 2)\" fill=\"#555\" font-size=\"11\">\(edge.on.rawValue)</text>"
            )
        }
        return lines
    }

    private func shape(_ node: Node, _ places: [StepID: (x: Int, y: Int)]) -> [String] {
        guard let place = places[node.id] else { return [] }
        let stroke = node.kind == .start || node.kind == .join ? 2 : 1
        var lines = [
            "<rect x=\"\(place.x)\" y=\"\(place.y)\" width=\"\(Self.box.width)\" height=\"\(Self.box.height)\" rx=\"8\" "
                + "fill=\"\(Self.color(node.status))\" stroke=\"#222\" stroke-width=\"\(stroke)\"/>"
        ]
        for (index, text) in label(node).enumerated() {
            let weight = index == 0 ? " font-weight=\"bold\"" : ""
            let short = text.count > 24 ? text.prefix(23) + "…" : text[...]
            lines.append(
                "<text x=\"\(place.x + Self.box.width / 2)\" y=\"\(place.y + 18 + index * 15)\" text-anchor=\"middle\"\(weight)>"
                    + "\(Self.xml(String(short)))</text>")
        }
        return lines
    }

    private static func color(_ status: String?) -> String {
        switch status {
        case "completed"?: "#d9f2dc"
        case "running"?: "#d6e8fa"
        case "failed"?: "#f8d7d7"
        case "suspended"?: "#fdf1cf"
        case "skipped"?, "compensating"?, "compensated"?: "#e8e8e8"
        case _: "#ffffff"
        }
    }

    private static func xml(_ text: String) -> String {
        plain(text).replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}

extension FlowDrawing {
    /// The picture as text of a form.
    public func text(_ form: Form) -> String {
        switch form {
        case .json: json.text(.pretty) + "\n"
        case .mermaid: mermaid
        case .dot: dot
        case .ascii: ascii
        case .svg: svg
        }
    }
}
