import Skein
import SkeinCore

/// A step has at most one recorded result, and none without a handler that was started for that attempt.
struct OneResultPerStep: Invariant {
    static let name = "I5  one result per step"

    func check(_ history: History, _ finding: inout Evidence) {
        var started: [String: Set<Int>] = [:]
        for line in history.ledger where line.event.string == "start" && line.undo.bool != true {
            let key = "\(line.execution.string ?? "") \(line.step.string ?? "")"
            started[key, default: []].insert(line.attempt.int ?? 0)
        }
        for (id, row) in history.executions where row.flow.string.map({ !$0.hasPrefix("skein") }) ?? false {
            guard let (_, events) = try? history.events(of: id) else { continue }
            var completed: Set<String> = []
            for event in events {
                if event.type == "execution.reopened" { completed = [] }
                guard event.type == "step.completed", let step = event.stepID?.rawValue else { continue }
                finding.expect(completed.insert(step).inserted, "\(id): \(step) has two results")
                let attempts = started["\(id) \(step)"] ?? []
                finding.expect(
                    event.attempt.map { attempts.contains($0) } ?? !attempts.isEmpty,
                    "\(id): \(step) has a result of attempt \(event.attempt ?? 0), which no handler was started for")
            }
        }
    }
}
