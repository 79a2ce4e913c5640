/// The metrics of one name.
struct PrometheusFamily: Sendable {
    enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    var kind: Kind
    var series: [PrometheusLabels: any PrometheusSeries] = [:]

    init(kind: Kind) {
        self.kind = kind
    }

    func write(_ name: String, to text: inout String) {
        text += "# HELP \(name) \(MetricHelp.text(of: name))\n# TYPE \(name) \(kind.rawValue)\n"
        for (labels, series) in series.sorted(by: { $0.key < $1.key }) { series.write(name, labels, to: &text) }
    }
}

/// One metric with its labels.
protocol PrometheusSeries: AnyObject, Sendable {
    func write(_ name: String, _ labels: PrometheusLabels, to text: inout String)
}

/// Labels as they are written: `a="1",b="2"`.
struct PrometheusLabels: Sendable, Hashable, Comparable {
    private let text: String

    /// Of two equal names the last counts; `le` belongs to histograms.
    init(_ dimensions: [(String, String)]) {
        var values: [String: String] = [:]
        for (name, value) in dimensions {
            let name = PrometheusName.label(name)
            values[name == "le" ? "exported_le" : name] = PrometheusName.escaped(value)
        }
        text = values.sorted { $0.key < $1.key }.map { "\($0.key)=\"\($0.value)\"" }.joined(separator: ",")
    }

    /// In braces, with one more label where there is one.
    func text(and more: String? = nil) -> String {
        let all = [text, more ?? ""].filter { !$0.isEmpty }.joined(separator: ",")
        return all.isEmpty ? "" : "{\(all)}"
    }

    static func < (lhs: PrometheusLabels, rhs: PrometheusLabels) -> Bool { lhs.text < rhs.text }
}
