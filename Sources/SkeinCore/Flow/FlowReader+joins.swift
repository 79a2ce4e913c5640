// Joins: whether those who are waited for come, and whether branches that run at once meet without one.

extension FlowReader {
    mutating func checkJoins(_ steps: [StepSpec]) {
        let known = Set(steps.map(\.id))
        var ways: [StepID: Set<StepID>] = [:]
        for step in steps {
            for target in step.onSuccess + step.onFailure + step.onResume + (step.onSkip ?? [])
            where known.contains(target) {
                ways[step.id, default: []].insert(target)
            }
        }
        for step in steps {
            let place = fields.place("steps").appending(key: step.id.rawValue).appending(key: "transitions")
            for (index, source) in step.join.enumerated()
            where source != step.id && ways[source]?.contains(step.id) != true {
                problems.error(
                    .joinUnreachable, at: place.appending(key: "join").appending(index: index),
                    "The step \(source.rawValue.quoted) does not lead to \(step.id.rawValue.quoted), which waits for it."
                )
            }
        }
        for (step, meets) in meetings(steps, ways) {
            problems.error(
                .joinMissing, at: fields.place("steps").appending(key: meets.rawValue).appending(key: "transitions"),
                "Branches that \(step.rawValue.quoted) starts in parallel meet at \(meets.rawValue.quoted); it needs \"join\" with the last step of each."
            )
        }
    }

    /// Forks and the steps without a join that two of their branches reach.
    private func meetings(_ steps: [StepSpec], _ ways: [StepID: Set<StepID>]) -> [(fork: StepID, step: StepID)] {
        let known = Set(steps.map(\.id))
        let joins = Set(steps.filter { $0.join.count > 1 }.map(\.id))
        var found: [(StepID, StepID)] = []
        for step in steps {
            for targets in [step.onSuccess, step.onFailure, step.onResume, step.onSkip ?? []] where targets.count > 1 {
                var seen: [StepID: StepID] = [:]
                for target in targets where known.contains(target) {
                    for reached in reachable(from: target, ways, until: joins) {
                        if let other = seen[reached], other != target {
                            if !found.contains(where: { $0 == (step.id, reached) }) { found.append((step.id, reached)) }
                        } else {
                            seen[reached] = target
                        }
                    }
                }
            }
        }
        // Where they meet first says it; what comes after follows from that.
        return found.filter { meeting in
            !found.contains { $0.0 == meeting.0 && $0.1 != meeting.1 && ways[$0.1]?.contains(meeting.1) == true }
        }
    }

    /// The steps a branch comes to before it meets a join.
    private func reachable(from start: StepID, _ ways: [StepID: Set<StepID>], until joins: Set<StepID>) -> Set<StepID> {
        var seen: Set<StepID> = []
        var pending = joins.contains(start) ? [] : [start]
        while let next = pending.popLast() {
            guard seen.insert(next).inserted else { continue }
            pending += (ways[next] ?? []).filter { !joins.contains($0) }
        }
        return seen
    }
}
