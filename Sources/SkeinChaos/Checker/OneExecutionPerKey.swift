import SkeinCore

/// One key, one execution and one answer; another payload under the same key is refused.
struct OneExecutionPerKey: Invariant {
    static let name = "I9  one execution per key"

    func check(_ history: History, _ finding: inout Evidence) {
        var answers: [String: Set<String>] = [:]
        var flows: [String: Set<String>] = [:]
        var winners: [String: Set<Int64>] = [:]
        for line in history.client where line.op.string == "create" {
            guard let key = line.key.string else { continue }
            let scope = "\(line.flow.string ?? "")/\(key)"
            flows[scope, default: []].insert(key)
            if line.result.string == "ok", let id = line.id.string {
                answers[scope, default: []].insert(id)
                if let marker = line.marker.int64 { winners[scope, default: []].insert(marker) }
            } else if line.result.string == "fail" {
                finding.expect(line.status.int == 422, "\(scope): refused with \(line.status.int ?? 0) instead of 422")
            }
        }
        let stored = Dictionary(grouping: history.keys) { "\($0.flow.string ?? "")/\($0.key.string ?? "")" }
        for (scope, ids) in answers {
            finding.expect(ids.count == 1, "\(scope): answered with \(ids.count) executions: \(ids.sorted())")
            finding.expect(
                (winners[scope]?.count ?? 0) <= 1, "\(scope): two different payloads were both acknowledged")
            let holders = Set((stored[scope] ?? []).compactMap(\.id.string))
            finding.expect(
                holders == ids, "\(scope): the key belongs to \(holders.sorted()), the answer was \(ids.sorted())")
        }
        // No second execution was made under a key that one of them holds.
        var made: [String: [String]] = [:]
        for (id, rows) in history.log {
            guard let first = rows.first, let (creation, _) = try? history.events(of: id) else { continue }
            _ = first
            if let key = creation.idempotencyKey { made["\(creation.flowID)/\(key)", default: []].append(id) }
        }
        for (scope, ids) in made {
            finding.expect(ids.count == 1, "\(scope): \(ids.count) executions were made: \(ids)")
        }
    }
}
