import Foundation
import SkeinCore
import Synchronization

/// Figures in the order in which they were taken.
final class Report: Sendable {
    struct Figure: Sendable {
        var name: String
        var what: String
        var value: Double
        var unit: String
        /// The bare limit of the same run.
        var limit: Double?
        /// value / limit.
        var ratio: Double?
        var target: String?
    }

    private let figures = Mutex<[Figure]>([])

    func note(
        _ name: String, _ what: String, value: Double, unit: String, limit: Double? = nil, ratio: Double? = nil,
        target: String? = nil
    ) {
        figures.withLock {
            $0.append(
                Figure(name: name, what: what, value: value, unit: unit, limit: limit, ratio: ratio, target: target))
        }
    }

    /// A figure beside its limit.
    func pair(_ name: String, _ what: String, _ value: Double, of limit: Double, unit: String, target: String? = nil) {
        note(
            name, what, value: value, unit: unit, limit: limit, ratio: limit == 0 ? nil : value / limit, target: target)
    }

    func value(_ name: String) -> Double? {
        figures.withLock { $0.last { $0.name == name }?.value }
    }

    func table() -> String {
        let rows = figures.withLock { $0 }.map { figure in
            [
                figure.name, figure.what, text(figure.value) + " " + figure.unit, figure.limit.map(text) ?? "",
                figure.ratio.map(text) ?? "",
                figure.target ?? "",
            ]
        }
        let all = [["figure", "what", "value", "bare limit", "ratio", "target"]] + rows
        let widths = (0..<6).map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    func json() -> String {
        let items = figures.withLock { $0 }.map { figure -> JSONValue in
            var object: JSONObject = [
                "name": .string(figure.name), "what": .string(figure.what), "unit": .string(figure.unit),
            ]
            object["value"] = .double(figure.value)
            object["limit"] = figure.limit.flatMap { .double($0) }
            object["ratio"] = figure.ratio.flatMap { .double($0) }
            object["target"] = figure.target.map { .string($0) }
            return .object(object)
        }
        return JSONValue.object(["figures": .array(items)]).text()
    }

    private func text(_ value: Double) -> String {
        switch abs(value) {
        case 1_000...: String(format: "%.0f", value)
        case 10...: String(format: "%.1f", value)
        default: String(format: "%.3f", value)
        }
    }
}

extension Array<Double> {
    /// By nearest rank; 0 when empty.
    func percentile(_ share: Double) -> Double {
        guard !isEmpty else { return 0 }
        let ordered = sorted()
        let rank = Int((Double(count) * share).rounded(.up))
        return ordered[Swift.min(Swift.max(rank, 1), count) - 1]
    }

    var median: Double { percentile(0.5) }
}

func narrate(_ text: String) {
    FileHandle.standardError.write(Data("skein-bench: \(text)\n".utf8))
}
