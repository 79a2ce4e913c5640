import SkeinCore

/// Puts elements such that each can be a step or a list of steps: adds steps where branches must meet or part.
///
/// - A `Parallel` starts by the step before it, which goes on at several. Where there is none (at a beginning, after a
///   branch or a wait) the `Parallel` is a step itself.
/// - What follows a `Parallel` is a join of the branches' last steps. Where it is also reached in another way (it is
///   the head of a loop, or what follows an `If`), a step `name.end` is the join.
/// - A branch of a `Parallel` ends in one step: after an `If` or `Repeat` in it, and after a wait that may time out,
///   that is `name.end`.
enum FlowArrangement {
    enum Place: Sendable {
        case flow
        /// One branch of a `Parallel`.
        case branch
        /// A part of an `If`, or the body of a `Repeat`.
        case part
    }

    /// An arranged element.
    indirect enum Element: Sendable {
        case step(StepPlan)
        /// `step`: the step that starts the branches; nil: the element before does.
        case parallel(String, step: StepPlan?, branches: [[Element]])
        case choice(StepPlan, then: [Element], else: [Element])
        case loop(StepPlan, [Element])

        var name: String {
            switch self {
            case .step(let plan), .choice(let plan, _, _), .loop(let plan, _): plan.name
            case .parallel(let name, _, _): name
            }
        }

        /// The steps that start when this element does.
        var entries: [String] {
            guard case .parallel(_, nil, let branches) = self else { return [name] }
            return branches.flatMap { $0.first?.entries ?? [] }
        }

        /// The steps that have all ended when this element has; used only where they are known to be all.
        var exits: [String] {
            guard case .parallel(_, _, let branches) = self else { return [name] }
            return branches.flatMap { $0.last?.exits ?? [] }
        }

        /// Whether it can go on at several steps.
        fileprivate var canFanOut: Bool {
            if case .step(let plan) = self { !plan.goesOnAfterTimeout } else { false }
        }
    }

    /// - Parameter continues: whether anything follows the items.
    static func arranged(_ items: [FlowItem], _ place: Place, continues: Bool) -> [Element] {
        var result: [Element] = []
        for (index, item) in items.enumerated() {
            let next = index + 1 < items.count ? items[index + 1] : nil
            let isFollowed = next != nil || continues
            let isBranchEnd = next == nil && continues && place == .branch
            switch item {
            case .step(let plan):
                result.append(.step(plan))
                if plan.goesOnAfterTimeout, !isFollowed || isBranchEnd { result.append(.step(.end(of: plan.name))) }
            case .choice(let plan, let then, let otherwise):
                result.append(
                    .choice(
                        plan, then: arranged(then, .part, continues: isFollowed),
                        else: arranged(otherwise, .part, continues: isFollowed)))
                if isBranchEnd { result.append(.step(.end(of: plan.name))) }
            case .loop(let plan, let body):
                result.append(.loop(plan, arranged(body, .part, continues: true)))
                if isBranchEnd { result.append(.step(.end(of: plan.name))) }
            case .parallel(let name, let branches):
                let step = result.last?.canFanOut == true ? nil : start(of: name)
                result.append(
                    .parallel(
                        name, step: step, branches: branches.map { arranged([$0], .branch, continues: isFollowed) }))
                if needsJoin(next, place, continues) { result.append(.step(.end(of: name))) }
            }
        }
        return result
    }

    private static func needsJoin(_ next: FlowItem?, _ place: Place, _ continues: Bool) -> Bool {
        switch next {
        case .loop: true
        case .step, .choice, .parallel: false
        case nil: continues && place == .part
        }
    }

    private static func start(of name: String) -> StepPlan {
        var plan = StepPlan(name) { _, _ in .success(.null) }
        plan.isSynthetic = true
        return plan
    }
}
