import SkeinCore

/// Finds steps of parallel branches that store their outputs at one place: whichever came second would fail.
enum FlowConflicts {
    static func problems(in elements: [FlowArrangement.Element]) -> [Problem] {
        elements.flatMap { element -> [Problem] in
            switch element {
            case .step: []
            case .choice(_, let then, let otherwise): problems(in: then) + problems(in: otherwise)
            case .loop(_, let body): problems(in: body)
            case .parallel(let name, _, let branches):
                branches.flatMap { problems(in: $0) } + conflicts(in: name, branches)
            }
        }
    }

    private static func conflicts(in name: String, _ branches: [[FlowArrangement.Element]]) -> [Problem] {
        var writers: [String: String] = [:]
        var problems: [Problem] = []
        for branch in branches {
            let outputs = outputs(of: branch)
            for (step, key) in outputs {
                guard let other = writers[key] else { continue }
                problems.append(
                    Problem(
                        code: "CONTEXT_CONFLICT", pointer: JSONPointer(tokens: ["steps", step, "outputKey"]),
                        message:
                            "The steps \(other.quoted) and \(step.quoted) of parallel branches of \(name.quoted) both store their output at \(key.quoted)."
                    ))
            }
            for (step, key) in outputs where writers[key] == nil { writers[key] = step }
        }
        return problems
    }

    /// Which step stores what; patches are known only when they are made.
    private static func outputs(of elements: [FlowArrangement.Element]) -> [(step: String, key: String)] {
        elements.flatMap { element -> [(step: String, key: String)] in
            switch element {
            case .step(let plan): plan.stored
            case .choice(_, let then, let otherwise): outputs(of: then) + outputs(of: otherwise)
            case .loop(let plan, let body): plan.stored + outputs(of: body)
            case .parallel(_, _, let branches): branches.flatMap { outputs(of: $0) }
            }
        }
    }
}

extension StepPlan {
    fileprivate var stored: [(step: String, key: String)] {
        guard let key = outputKey, key != "$" else { return [] }
        return [(name, key)]
    }
}
