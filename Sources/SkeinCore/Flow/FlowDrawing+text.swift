// The forms of a picture that are text. What the names of steps hold never breaks out of them.

extension FlowDrawing {
    public enum Form: String, Sendable, Hashable, CaseIterable { case json, mermaid, dot, ascii, svg }

    /// The picture as Mermaid draws it: `flowchart TD …`.
    public var mermaid: String {
        var lines = ["flowchart TD"]
        for (index, node) in nodes.enumerated() {
            let label = "\"\(label(node).map(Self.mermaid).joined(separator: "<br/>"))\""
            switch node.kind {
            case .start: lines.append("    n\(index)([\(label)])")
            case .join: lines.append("    n\(index){{\(label)}}")
            case .fork, .step: lines.append("    n\(index)[\(label)]")
            }
        }
        let numbers = numbers
        for edge in edges {
            guard let from = numbers[edge.from], let to = numbers[edge.to] else { continue }
            switch edge.on {
            case .success, .join: lines.append("    n\(from) --> n\(to)")
            case .failure, .resume, .skip, .choice: lines.append("    n\(from) -. \(edge.on.rawValue) .-> n\(to)")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The picture for Graphviz.
    public var dot: String {
        var lines = ["digraph \(Self.quoted(title)) {", "    rankdir=TB;", "    node [shape=box, style=rounded];"]
        for (index, node) in nodes.enumerated() {
            let text = label(node).map(Self.escaped).joined(separator: "\\n")
            let shape = node.kind == .start ? ", peripheries=2" : node.kind == .join ? ", shape=hexagon" : ""
            lines.append("    n\(index) [label=\"\(text)\"\(shape)];")
        }
        let numbers = numbers
        for edge in edges {
            guard let from = numbers[edge.from], let to = numbers[edge.to] else { continue }
            let style =
                edge.on == .success || edge.on == .join ? "" : " [label=\"\(edge.on.rawValue)\", style=dashed]"
            lines.append("    n\(from) -> n\(to)\(style);")
        }
        return (lines + ["}"]).joined(separator: "\n") + "\n"
    }

    /// The picture as a list: each step with the ways that lead out of it.
    public var ascii: String {
        var lines = [Self.plain(title)]
        for node in nodes {
            let mark = node.kind == .start ? ">" : node.kind == .join ? "+" : "*"
            let status = node.status.map { " [\($0)]" } ?? ""
            lines.append("\(mark) \(Self.plain(node.id.rawValue)) (\(Self.plain(node.type)))\(status)")
            let ways = edges.filter { $0.from == node.id }
            if ways.isEmpty { lines.append("    `-- end") }
            for (index, way) in ways.enumerated() {
                let branch = index == ways.count - 1 ? "`--" : "|--"
                lines.append("    \(branch) \(way.on.rawValue) --> \(Self.plain(way.to.rawValue))")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    // MARK: - Parts

    private var numbers: [StepID: Int] {
        Dictionary(nodes.enumerated().map { ($0.element.id, $0.offset) }) { first, _ in first }
    }

    func label(_ node: Node) -> [String] {
        [node.id.rawValue, node.type == node.id.rawValue ? nil : node.type, node.status].compactMap(\.self)
    }

    private static func quoted(_ text: String) -> String { "\"\(escaped(text))\"" }

    private static func escaped(_ text: String) -> String {
        plain(text).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    }

    /// Mermaid reads entities in quoted labels, with `#` instead of `&`.
    private static func mermaid(_ text: String) -> String {
        plain(text).replacing("#", with: "#35;").replacing("\"", with: "#quot;").replacing("<", with: "#lt;")
            .replacing(">", with: "#gt;").replacing("`", with: "#96;")
    }

    /// Without control characters.
    static func plain(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
    }
}
