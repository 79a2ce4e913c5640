import SkeinCore

/// What a client was told took place did; what it was refused for certain did not.
struct AcknowledgedIsThere: Invariant {
    static let name = "I1  acknowledged is there"

    func check(_ history: History, _ finding: inout Evidence) {
        let payloads = Set(
            history.inbox.compactMap { item in
                item.payload.string.flatMap { payload in
                    item.id.string.map { "\($0) \(item.name.string ?? "") \(payload)" }
                }
            })
        let markers = Dictionary(
            grouping: history.log.values.compactMap { rows in rows.first.flatMap { Self.marker($0.body) } }, by: { $0 })
        var refused: [Int64] = []
        var accepted: Set<Int64> = []
        for line in history.client {
            let id = line.execution.string ?? line.id.string ?? ""
            switch (line.op.string ?? "", line.result.string ?? "") {
            case ("create", "ok"):
                finding.expect(history.log[id] != nil, "create was acknowledged and is not there: \(id)")
                if let marker = line.marker.int64 { accepted.insert(marker) }
            case ("create", "fail"):
                if let marker = line.marker.int64 { refused.append(marker) }
            case ("create", "info"): if let marker = line.marker.int64 { accepted.insert(marker) }
            case ("signal", "ok"):
                let key = "\(id) \(line.name.string ?? "") \(line.payload.int64 ?? 0)"
                finding.expect(payloads.contains(key), "a signal was accepted and is not there: \(key)")
            case ("cancel", "ok"):
                let types = (history.log[id] ?? []).flatMap(\.types)
                let isOver = types.contains { Self.ends.contains($0) }
                finding.expect(isOver, "a cancel was acknowledged, and \(id) goes on: \(types.suffix(3))")
            default: break
            }
        }
        for marker in refused where !accepted.contains(marker) {
            finding.expect(markers[marker] == nil, "a create was refused and is there: marker \(marker)")
        }
    }

    private static let ends: Set = [
        "execution.cancelled", "execution.rollback_started", "execution.completed", "execution.failed",
        "execution.rolled_back", "execution.rollback_failed",
    ]

    private static func marker(_ body: String) -> Int64? {
        guard let value = try? JSONValue(parsing: body, limits: .dump) else { return nil }
        let creation = value.e.array?.first
        return creation.flatMap { find("marker", in: $0, depth: 3) }
    }

    private static func find(_ key: String, in value: JSONValue, depth: Int) -> Int64? {
        guard let object = value.object, depth > 0 else { return nil }
        if let number = object[key]?.int64 { return number }
        for (_, member) in object { if let number = find(key, in: member, depth: depth - 1) { return number } }
        return nil
    }
}
