import SkeinCore

/// The idempotency token is a step's own in all its attempts; fencing tokens grow with every start; the outside took
/// nothing from behind the fence.
struct TokensFence: Invariant {
    static let name = "I6  tokens fence"

    func check(_ history: History, _ finding: inout Evidence) {
        var owners: [String: String] = [:]
        var starts: [String: [(fence: Int64, attempt: Int, at: Int64)]] = [:]
        for line in history.ledger where line.event.string == "start" {
            guard let token = line.token.string, let id = line.execution.string, let step = line.step.string else {
                continue
            }
            let key = "\(id)/\(step)\(line.undo.bool == true ? "/undo" : "")"
            finding.expect(
                owners[token] == nil || owners[token] == key, "\(token) is \(owners[token] ?? "")'s and \(key)'s")
            owners[token] = key
            starts[token, default: []].append((line.fence.int64 ?? 0, line.attempt.int ?? 0, line.at.int64 ?? 0))
        }
        var tokens: [String: Set<String>] = [:]
        for (token, key) in owners { tokens[key, default: []].insert(token) }
        for (key, all) in tokens {
            finding.expect(all.count == 1, "\(key): \(all.count) tokens for one step")
        }
        for (token, list) in starts {
            let fences = list.map(\.fence)
            finding.expect(
                Set(fences).count == fences.count,
                "\(owners[token] ?? ""): two starts under one fence: \(fences.sorted())")
            let attempts = list.sorted { $0.fence < $1.fence }.map(\.attempt)
            finding.expect(
                attempts == attempts.sorted(), "\(owners[token] ?? ""): attempts fall while fences rise: \(attempts)")
        }
        var highest: [String: Int64] = [:]
        var done: Set<String> = []
        for line in history.resource {
            let key = line.key.string ?? ""
            let fence = line.fence.int64 ?? 0
            guard line.answer.string != "stale" else { continue }
            finding.expect(fence >= highest[key] ?? .min, "\(key): \(fence) was taken after \(highest[key] ?? 0)")
            highest[key] = max(highest[key] ?? .min, fence)
            if line.answer.string == "done" {
                let token = line.token.string ?? ""
                finding.expect(done.insert(token).inserted, "\(key): done twice")
            }
        }
    }
}
