import SkeinCore

/// The statuses a step expects: `201`, `[200, 404]`, `"2xx"`.
struct StatusSet: Hashable, Sendable {
    private var ranges: [ClosedRange<Int>]

    /// Every status from 200 to 299.
    static let success = StatusSet(ranges: [200...299])

    private init(ranges: [ClosedRange<Int>]) {
        self.ranges = ranges
    }

    /// Reads a status, a class, or a list of them; `nil` for anything else and for an empty list.
    init?(_ json: JSONValue) {
        ranges = []
        for element in json.array ?? [json] {
            guard let range = Self.range(element) else { return nil }
            ranges.append(range)
        }
        if ranges.isEmpty { return nil }
    }

    func contains(_ status: Int) -> Bool { ranges.contains { $0.contains(status) } }

    private static func range(_ json: JSONValue) -> ClosedRange<Int>? {
        if let text = json.string?.lowercased(), text.hasSuffix("xx"), text.count == 3,
            let hundreds = text.first?.wholeNumberValue,
            (1...5).contains(hundreds)
        {
            return hundreds * 100...hundreds * 100 + 99
        }
        guard let status = json.int ?? json.string.flatMap({ Int($0) }), (100...599).contains(status) else {
            return nil
        }
        return status...status
    }
}
