package import SkeinCore

/// A flow of random shape, as a model that knows nothing of the engine, and as the definition the engine gets.
package struct SimulatedFlow: Sendable {
    /// What a step does.
    package enum Kind: String, Sendable {
        /// Completes; fails twice, then completes; fails for as long as its policy allows; fails for good.
        case work, flaky, stubborn, broken
        /// Leave the handler: until a time, a signal, a resume.
        case timer, signal, manual
        /// Durable code: checkpoints and a sleep, many checkpoints at once, a signal.
        case code, fan, listen
        /// Runs for a while of virtual time, longer than its timeout allows.
        case slow
        /// Children: one, one that nobody waits for, several.
        case sub, launch, map

        var isCode: Bool { self == .code || self == .listen }
        var spawns: Bool { self == .sub || self == .launch || self == .map }
    }

    /// One step of the model.
    package struct Step: Sendable {
        package var kind: Kind
        package var next: [String] = []
        package var onFailure: [String] = []
        /// The steps that it waits for.
        var join: [String] = []
        package var undo: String?
        var isCommit = false
        var isConditional = false
        package var delay = 10
        /// Attempts after the first.
        package var retries = 0
        package var timeout: Int?
        /// Children: how many, how many at once, whether failures are results.
        var count = 1
        var concurrency: Int?
        var collects = false
        package var signal = "go"
        /// The handler's type, where it is not called like the kind.
        package var type: String?
    }

    /// How long things take: for virtual time, or short enough for a real clock.
    package struct Pace: Sendable {
        var delays = [0, 10, 30_000]
        var slowTimeout = 5_000
        var timeouts = [20_000, 4_000_000]

        static let virtual = Pace()
        /// For tests with real processes.
        package static let real = Pace(delays: [0, 10, 300], slowTimeout: 200, timeouts: [8_000, 4_000_000])
    }

    /// Attempts after the first that a compensation has.
    static let undoRetries = 2

    package let id: String
    /// The flow of its children.
    let child: String?
    package private(set) var steps: [String: Step] = [:]
    package private(set) var names: [String] = []
    let rollsBackOnCancel: Bool
    let failureCancelsBranches: Bool
    /// The whole execution's, in milliseconds.
    let timeout: Int?
    /// Executions of it that may go on at once.
    let limit: Int?
    private var dice: Dice
    private let pace: Pace

    /// - Parameters:
    ///   - level: 0 for the family's head; the last level has no children.
    ///   - family: what the ids begin with.
    package init(seed: UInt64, level: Int, family: String = "", pace: Pace? = nil) {
        let pace = pace ?? .virtual
        self.pace = pace
        dice = Dice(seed &+ UInt64(level) &* 0x5851_F42D_4C95_7F2D)
        id = "\(family)level\(level)"
        child = level < 2 ? "\(family)level\(level + 1)" : nil
        rollsBackOnCancel = dice.percent(50)
        failureCancelsBranches = dice.percent(40)
        timeout = dice.percent(15) ? pace.timeouts[dice.below(2)] : nil
        // Where time is real nobody is to wait for others' people.
        if family.isEmpty, dice.percent(30) { limit = 1 + dice.below(2) } else { limit = nil }
        _ = segments(1 + dice.below(level == 0 ? 4 : 2), depth: level == 0 ? 2 : dice.below(2))
    }

    /// A flow of known shape: steps one after the other.
    package init(id: String, _ kinds: [Kind], _ change: (Int, inout Step) -> Void = { _, _ in }) {
        self.id = id
        pace = .virtual
        dice = Dice(0)
        child = nil
        rollsBackOnCancel = false
        failureCancelsBranches = false
        timeout = nil
        limit = nil
        for (index, kind) in kinds.enumerated() {
            var step = Step(kind: kind)
            if index + 1 < kinds.count { step.next = ["s\(index + 1)"] }
            change(index, &step)
            names.append("s\(index)")
            steps["s\(index)"] = step
        }
    }

    var isParallel: Bool { steps.values.contains { $0.next.count > 1 } }

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

    private mutating func kind() -> Kind {
        if dice.percent(6) { return .broken }
        if child != nil, dice.percent(22) { return [.sub, .map, .map, .launch][dice.below(4)] }
        let kinds: [Kind] = [
            .work, .work, .work, .flaky, .timer, .signal, .manual, .code, .fan, .listen, .slow, .stubborn,
        ]
        return kinds[dice.below(kinds.count)]
    }

    private mutating func step() -> (first: String, last: String) {
        let name = "s\(names.count)"
        names.append(name)
        var step = Step(kind: kind())
        step.isConditional = dice.percent(10)
        step.delay = pace.delays[dice.below(3)]
        step.signal = dice.percent(70) ? "go" : "other"
        switch step.kind {
        case .flaky: step.retries = 6
        case .stubborn: step.retries = 1 + dice.below(3)
        case .slow:
            step.retries = dice.below(2)
            step.timeout = dice.percent(60) ? pace.slowTimeout : nil
        case .map:
            step.count = 1 + dice.below(4)
            step.concurrency = dice.percent(60) ? 1 + dice.below(3) : nil
            step.collects = dice.percent(50)
            step.retries = dice.below(2)
        case .sub:
            step.retries = dice.below(2)
            step.collects = dice.percent(30)
        case .work, .broken, .timer, .signal, .manual, .code, .fan, .listen, .launch: break
        }
        // What waits by its handler's word is not completed by it.
        let canBeUndone = ![.timer, .signal, .manual, .broken].contains(step.kind)
        if canBeUndone, dice.percent(40) {
            step.undo = dice.percent(15) ? "refuse" : dice.percent(30) ? "stumble" : "undo"
        } else if canBeUndone, dice.percent(20) {
            step.isCommit = true
        }
        steps[name] = step
        return (name, name)
    }
}

extension SimulatedFlow {
    /// The step map.
    package var definition: JSONValue {
        var map: JSONObject = [:]
        for name in names { if let step = steps[name] { map[name] = .object(object(name, step)) } }
        var flow: JSONObject = [
            "id": .string(id), "version": "1.0.0", "initialStepId": "s0", "steps": .object(map),
            "onCancel": rollsBackOnCancel ? "rollback" : "stop",
            "onBranchFailure": failureCancelsBranches ? "cancel" : "wait",
        ]
        if let limit { flow["concurrency"] = ["limit": .int(Int64(limit))] }
        if let timeout { flow["timeouts"] = ["executionMs": .int(Int64(timeout))] }
        return .object(flow)
    }

    private func object(_ name: String, _ step: Step) -> JSONObject {
        var transitions: JSONObject = [:]
        if !step.next.isEmpty { transitions["onSuccess"] = .array(step.next.map { .string($0) }) }
        if !step.onFailure.isEmpty { transitions["onFailure"] = .array(step.onFailure.map { .string($0) }) }
        if step.join.count > 1 { transitions["join"] = .array(step.join.map { .string($0) }) }
        var config: JSONObject = ["delay": .int(Int64(step.delay)), "signal": .string(step.signal)]
        if step.kind.spawns, let child {
            config["flow"] = .string(child)
            config["count"] = .int(Int64(step.count))
            config["collects"] = .bool(step.collects)
            if let concurrency = step.concurrency { config["concurrency"] = .int(Int64(concurrency)) }
        }
        var object: JSONObject = [
            "type": .string(step.type ?? step.kind.rawValue), "outputKey": .string(name),
            "transitions": .object(transitions),
            "config": .object(config),
        ]
        if let undo = step.undo {
            object["compensate"] = [
                "type": .string(undo), "retry": ["maxAttempts": .int(Int64(Self.undoRetries)), "backoffMs": 50],
            ]
        }
        if step.isCommit { object["commit"] = true }
        if step.isConditional { object["when"] = ["path": "go", "op": "eq", "value": true] }
        if let timeout = step.timeout { object["timeoutMs"] = .int(Int64(timeout)) }
        if step.retries > 0 {
            object["retry"] = [
                "maxAttempts": .int(Int64(step.retries)), "backoffMs": .int(Int64(step.delay)), "backoffMultiplier": 1,
            ]
        }
        return object
    }
}
