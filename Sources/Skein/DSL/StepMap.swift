import SkeinCore

/// The steps of a definition, written one after the other.
struct StepMap {
    let flowID: String
    private(set) var steps = JSONObject()
    private(set) var plans: [StepPlan] = []
    private(set) var problems: [Problem] = []
    private var names: Set<String> = []
    private var types: Set<String> = []

    init(flowID: String) {
        self.flowID = flowID
    }

    /// - Parameters:
    ///   - next: the steps that the last element goes on at.
    ///   - join: the steps that the first element waits for.
    mutating func add(_ elements: [FlowArrangement.Element], then next: [String], join: [String]) {
        var join = join
        for (index, element) in elements.enumerated() {
            let following = index + 1 < elements.count ? elements[index + 1].entries : next
            add(element, then: following, join: join)
            if case .parallel = element { join = element.exits } else { join = [] }
        }
    }

    private mutating func add(_ element: FlowArrangement.Element, then next: [String], join: [String]) {
        switch element {
        case .step(let plan):
            add(plan, then: next, join: join)
        case .choice(var plan, let then, let otherwise):
            plan.config["then"] = Self.target(then.first?.entries ?? next)
            plan.config["else"] = Self.target(otherwise.first?.entries ?? next)
            add(plan, then: [], join: join)
            add(then, then: next, join: [])
            add(otherwise, then: next, join: [])
        case .loop(var plan, let body):
            plan.config["then"] = Self.target(body.first?.entries ?? next)
            plan.config["else"] = Self.target(next)
            add(plan, then: [], join: join)
            add(body, then: [plan.name], join: [])
        case .parallel(let name, let step, let branches):
            if let step { add(step, then: element.branchEntries, join: join) } else { claim(name) }
            for branch in branches { add(branch, then: next, join: step == nil ? join : []) }
        }
    }

    private mutating func add(_ plan: StepPlan, then next: [String], join: [String]) {
        for problem in plan.problems { report("BAD_VALUE", plan.name, problem) }
        guard claim(plan.name) else { return }
        for type in plan.closureTypes(in: flowID) where !types.insert(type).inserted {
            report("STEP_DUPLICATE", plan.name, "Two closures of the flow would be registered as \(type.quoted).")
        }
        var transitions: JSONObject = ["onSuccess": Self.target(next)]
        if plan.goesOnAfterTimeout { transitions["onFailure"] = Self.target(next) }
        if !join.isEmpty { transitions["join"] = .array(join.map { .string($0) }) }
        var step = plan.definition(in: flowID)
        step["transitions"] = .object(transitions)
        step.merge(plan.options(in: flowID))
        steps[plan.name] = .object(step)
        plans.append(plan)
    }

    /// Takes a name, once.
    @discardableResult
    private mutating func claim(_ name: String) -> Bool {
        guard names.insert(name).inserted else {
            report("STEP_DUPLICATE", name, "The flow has two elements called \(name.quoted); each needs its own name.")
            return false
        }
        return true
    }

    private mutating func report(_ code: String, _ step: String, _ message: String) {
        problems.append(Problem(code: code, pointer: JSONPointer(tokens: ["steps", step]), message: message))
    }

    /// None: the path ends.
    private static func target(_ steps: [String]) -> JSONValue {
        steps.count > 1 ? .array(steps.map { .string($0) }) : steps.first.map { .string($0) } ?? .null
    }
}

extension FlowArrangement.Element {
    fileprivate var branchEntries: [String] {
        guard case .parallel(_, _, let branches) = self else { return [] }
        return branches.flatMap { $0.first?.entries ?? [] }
    }
}
