import SkeinCore

/// Numbers that one seed determines.
struct Dice: Sendable {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678_9ABC_DEF1 }

    /// 0 ..< limit.
    mutating func below(_ limit: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return Int((word ^ word >> 31) % UInt64(limit))
    }

    mutating func percent(_ share: Int) -> Bool { below(100) < share }
}

/// A flow of random shape, as a model that knows nothing of the engine, and as the definition the engine gets.
struct SimulatedFlow: Sendable {
    enum Kind: String, Sendable { case work, flaky, broken, timer, signal, manual, code }

    struct Step: Sendable {
        var kind: Kind
        var next: [String] = []
        var onFailure: [String] = []
        /// The steps that it waits for.
        var join: [String] = []
        var undo: String?
        var isCommit = false
        var isConditional = false
        var delay = 10
    }

    private(set) var steps: [String: Step] = [:]
    private(set) var names: [String] = []
    let rollsBackOnCancel: Bool
    let failureCancelsBranches: Bool
    private var dice: Dice

    init(seed: UInt64) {
        dice = Dice(seed)
        rollsBackOnCancel = dice.percent(50)
        failureCancelsBranches = dice.percent(40)
        _ = segments(1 + dice.below(4), depth: 2)
    }

    /// Steps one after the other, some of them forks with their joins. Returns the first and the last.
    private mutating func segments(_ count: Int, depth: Int) -> (first: String, last: String) {
        var first: String?
        var last: String?
        for _ in 0..<count {
            let part = depth > 0 && dice.percent(35) ? fork(depth: depth - 1) : step()
            if let last {
                steps[last]?.next = [part.first]
                if dice.percent(25) { steps[last]?.onFailure = [part.first] }
            }
            first = first ?? part.first
            last = part.last
        }
        guard let first, let last else { preconditionFailure("a list has a part") }
        return (first, last)
    }

    private mutating func fork(depth: Int) -> (first: String, last: String) {
        let fork = step().first
        let branches = (0..<2 + dice.below(2)).map { _ in segments(1 + dice.below(2), depth: depth) }
        let join = step().first
        steps[fork]?.next = branches.map(\.first)
        steps[join]?.join = branches.map(\.last)
        for branch in branches { steps[branch.last]?.next = [join] }
        return (fork, join)
    }

    private mutating func step() -> (first: String, last: String) {
        let name = "s\(names.count)"
        names.append(name)
        let kinds: [Kind] = [.work, .work, .work, .flaky, .timer, .signal, .manual, .code]
        var step = Step(kind: dice.percent(6) ? .broken : kinds[dice.below(kinds.count)])
        step.isConditional = dice.percent(10)
        step.delay = [0, 10, 30_000][dice.below(3)]
        // What waits by its handler's word is not completed by it.
        let canBeUndone = step.kind == .work || step.kind == .flaky || step.kind == .code
        if canBeUndone, dice.percent(40) {
            step.undo = dice.percent(15) ? "refuse" : dice.percent(30) ? "stumble" : "undo"
        } else if canBeUndone, dice.percent(20) {
            step.isCommit = true
        }
        steps[name] = step
        return (name, name)
    }

    /// The step map.
    var definition: JSONValue {
        var map: JSONObject = [:]
        for name in names {
            guard let step = steps[name] else { continue }
            var transitions: JSONObject = [:]
            if !step.next.isEmpty { transitions["onSuccess"] = .array(step.next.map { .string($0) }) }
            if !step.onFailure.isEmpty { transitions["onFailure"] = .array(step.onFailure.map { .string($0) }) }
            if step.join.count > 1 { transitions["join"] = .array(step.join.map { .string($0) }) }
            var object: JSONObject = [
                "type": .string(step.kind.rawValue), "outputKey": .string(name), "transitions": .object(transitions),
                "config": ["delay": .int(Int64(step.delay))],
            ]
            if let undo = step.undo {
                object["compensate"] = ["type": .string(undo), "retry": ["maxAttempts": 2, "backoffMs": 50]]
            }
            if step.isCommit { object["commit"] = true }
            if step.isConditional { object["when"] = ["path": "go", "op": "eq", "value": true] }
            if step.kind == .flaky {
                object["retry"] = ["maxAttempts": 6, "backoffMs": .int(Int64(step.delay)), "backoffMultiplier": 1]
            }
            map[name] = .object(object)
        }
        return [
            "id": "random", "version": "1.0.0", "initialStepId": "s0", "steps": .object(map),
            "onCancel": rollsBackOnCancel ? "rollback" : "stop",
            "onBranchFailure": failureCancelsBranches ? "cancel" : "wait",
        ]
    }
}
