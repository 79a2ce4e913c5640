// The names of a definition's steps and who leads to whom: what transitions are checked against, and reachability.

/// The steps of a definition as nodes, and the ways between them as far as they are known.
struct FlowOutline {
    let names: [String]
    private let indices: [StepID: Int]
    private var targets: [[Int]]

    init(_ steps: JSONObject) {
        names = steps.keys
        var indices: [StepID: Int] = [:]
        for (index, name) in names.enumerated() { indices[StepID(name)] = index }
        self.indices = indices
        targets = Array(repeating: [], count: names.count)
    }

    func contains(_ name: String) -> Bool {
        indices[StepID(name)] != nil
    }

    /// Notes a way that exists for certain; names that are no steps are passed over.
    mutating func connect(_ source: String, to target: String) {
        guard let from = indices[StepID(source)], let to = indices[StepID(target)] else { return }
        targets[from].append(to)
    }

    /// Notes a way to a step that the author names, and reports a name that is no step.
    ///
    /// The step that was probably meant counts as reached: once the name is right, it is.
    mutating func connect(
        _ source: String, to target: String, at pointer: JSONPointer, into problems: inout ProblemCollector
    ) {
        guard !contains(target) else { return connect(source, to: target) }
        let meant = problems.suggestion(for: target, among: names)
        problems.error(
            .transitionUnknown, at: pointer,
            "The flow has no step \(target.quoted)\(ProblemCollector.phrase(meant))")
        if let meant { connect(source, to: meant) }
    }

    /// Notes ways to all steps that a document names in any of its strings.
    mutating func connect(_ source: String, toNamesIn document: JSONValue) {
        switch document {
        case .null, .bool, .int, .decimal: return
        case .string(let text): connect(source, to: text)
        case .array(let elements):
            for element in elements { connect(source, toNamesIn: element) }
        case .object(let object):
            for value in object.values { connect(source, toNamesIn: value) }
        }
    }

    /// The steps no way leads to, in the definition's order.
    func unreachable(from initial: String) -> [String] {
        guard let start = indices[StepID(initial)] else { return [] }
        var isReached = Array(repeating: false, count: names.count)
        isReached[start] = true
        var pending = [start]
        while let next = pending.popLast() {
            for target in targets[next] where !isReached[target] {
                isReached[target] = true
                pending.append(target)
            }
        }
        return zip(names, isReached).filter { !$0.1 }.map(\.0)
    }
}
