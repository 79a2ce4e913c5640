// Runs a program over one text. Backtracking keeps its own stack, so that neither the text nor the expression can
// exhaust the thread's. Without back-references a state that has failed once fails always: it is remembered, and the
// time is at most program size × text length (times text length per level of look-around).

/// One search; used once and thrown away.
struct ECMARegexMatcher {
    private let program: [ECMARegex.Instruction]
    private let text: [Unicode.Scalar]
    private(set) var steps: Int
    private var captures: [Int]
    private var marks: [Int]
    private var pending: [Pending] = []
    /// Per split and position the run that has been there; empty when nothing is remembered.
    private var visits: [UInt32]
    private var runCount: UInt32 = 0

    /// The largest memory for states that failed, in states.
    private static let maxVisits = 2_000_000
    private static let maxPending = 1_000_000

    /// What to go on with, or to undo, when the present way fails.
    private enum Pending {
        case resume(Int, at: Int)
        case capture(Int, Int)
        case captures([Int])
        case mark(Int, Int)
        /// A run that may still give back, or take, characters.
        case run(Int, at: Int, remaining: Int)
    }

    private enum Outcome {
        case match, mismatch, exhausted
    }

    init(regex: ECMARegex, text: [Unicode.Scalar], steps: Int) {
        program = regex.program
        self.text = text
        self.steps = steps
        captures = Array(repeating: -1, count: regex.captureCount)
        marks = Array(repeating: -1, count: regex.markCount)
        let (states, overflow) = regex.splitCount.multipliedReportingOverflow(by: text.count + 1)
        let remembers = regex.captureCount == 0 && !overflow && states <= Self.maxVisits
        visits = remembers ? Array(repeating: 0, count: states) : []
        self.steps -= (visits.count + text.count) / 16
    }

    /// Whether the program matches anywhere; `nil` when the steps run out.
    mutating func search() -> Bool? {
        var lastStart = text.count
        if case .anchor(.start) = program[0] { lastStart = 0 }
        runCount += 1
        for start in 0...lastStart {
            switch run(from: 0, at: start, number: runCount) {
            case .match: return true
            case .exhausted: return nil
            case .mismatch: continue
            }
        }
        return false
    }

    private mutating func run(from start: Int, at place: Int, number: UInt32) -> Outcome {
        let floor = pending.count
        var (index, position) = (start, place)
        while true {
            steps -= 1
            guard steps > 0, pending.count < Self.maxPending else { return .exhausted }
            switch step(&index, &position, number) {
            case .match?:
                pending.removeLast(pending.count - floor)
                return .match
            case .exhausted?: return .exhausted
            case .mismatch?:
                guard let (next, at) = backtrack(to: floor) else { return .mismatch }
                (index, position) = (next, at)
            case nil: continue
            }
        }
    }

    /// Carries out one instruction; `nil` means to go on.
    private mutating func step(_ index: inout Int, _ position: inout Int, _ number: UInt32) -> Outcome? {
        switch program[index] {
        case .set(let set, let direction):
            guard let next = read(set, direction, at: position) else { return .mismatch }
            position = next
        case .run(let set, let direction, let least, let most, let isGreedy):
            return startRun(&index, &position, set, direction, least, most, isGreedy)
        case .split(let first, let second, let split):
            if isRepeated(split, position, number) { return .mismatch }
            pending.append(.resume(second, at: position))
            index = first
            return nil
        case .jump(let target):
            index = target
            return nil
        case .capture(let slot):
            pending.append(.capture(slot, captures[slot]))
            captures[slot] = position
        case .forget(let slots):
            for slot in slots where captures[slot] >= 0 {
                pending.append(.capture(slot, captures[slot]))
                captures[slot] = -1
            }
        case .mark(let mark):
            // The memory of visited states ends empty loops by itself.
            if visits.isEmpty {
                pending.append(.mark(mark, marks[mark]))
                marks[mark] = position
            }
        case .progress(let mark):
            if visits.isEmpty, marks[mark] == position { return .mismatch }
        case .anchor(let anchor):
            guard holds(anchor, at: position) else { return .mismatch }
        case .reference(let group, let direction):
            guard let next = readAgain(group, direction, at: position) else { return .mismatch }
            position = next
        case .look(let end, let isNegative):
            let outcome = look(from: index + 1, at: position, isNegative: isNegative)
            guard outcome == .match else { return outcome }
            index = end
            return nil
        case .accept: return .match
        }
        index += 1
        return nil
    }

    private mutating func backtrack(to floor: Int) -> (Int, Int)? {
        while pending.count > floor, let last = pending.popLast() {
            switch last {
            case .resume(let index, let position): return (index, position)
            case .capture(let slot, let old): captures[slot] = old
            case .captures(let old): captures = old
            case .mark(let mark, let old): marks[mark] = old
            case .run(let index, let position, let remaining):
                if let next = resumeRun(index, position, remaining) { return (index + 1, next) }
            }
        }
        return nil
    }

    private mutating func isRepeated(_ split: Int, _ position: Int, _ number: UInt32) -> Bool {
        guard !visits.isEmpty else { return false }
        let state = split * (text.count + 1) + position
        if visits[state] == number { return true }
        visits[state] = number
        return false
    }

    private func read(_ set: ECMACharacterSet, _ direction: ECMADirection, at position: Int) -> Int? {
        switch direction {
        case .forward: position < text.count && set.contains(text[position]) ? position + 1 : nil
        case .backward: position > 0 && set.contains(text[position - 1]) ? position - 1 : nil
        }
    }

    private mutating func startRun(
        _ index: inout Int, _ position: inout Int, _ set: ECMACharacterSet, _ direction: ECMADirection,
        _ least: Int, _ most: Int, _ isGreedy: Bool
    ) -> Outcome? {
        let goal = isGreedy ? most : least
        var count = 0
        while count < goal, let next = read(set, direction, at: position) {
            position = next
            count += 1
        }
        steps -= count
        guard count >= least else { return .mismatch }
        let remaining = isGreedy ? count - least : most - count
        if remaining > 0 { pending.append(.run(index, at: position, remaining: remaining)) }
        index += 1
        return nil
    }

    /// One character less for a greedy run, one more for a lazy one.
    private mutating func resumeRun(_ index: Int, _ position: Int, _ remaining: Int) -> Int? {
        guard case .run(let set, let direction, _, _, let isGreedy) = program[index] else { return nil }
        let next: Int
        if isGreedy {
            next = direction == .forward ? position - 1 : position + 1
        } else {
            guard let more = read(set, direction, at: position) else { return nil }
            next = more
        }
        if remaining > 1 { pending.append(.run(index, at: next, remaining: remaining - 1)) }
        return next
    }

    private mutating func look(from index: Int, at position: Int, isNegative: Bool) -> Outcome {
        let before = captures
        runCount += 1
        let outcome = run(from: index, at: position, number: runCount)
        guard outcome != .exhausted else { return .exhausted }
        if isNegative || outcome == .mismatch { captures = before }
        if !isNegative, outcome == .match, !before.isEmpty { pending.append(.captures(before)) }
        return (outcome == .match) != isNegative ? .match : .mismatch
    }

    private func readAgain(_ group: Int, _ direction: ECMADirection, at position: Int) -> Int? {
        let (first, last) = (captures[2 * group], captures[2 * group + 1])
        guard first >= 0, last >= first else { return position }
        let start = direction == .forward ? position : position - (last - first)
        guard start >= 0, start + last - first <= text.count,
            text[first..<last].elementsEqual(text[start..<start + last - first])
        else { return nil }
        return direction == .forward ? start + last - first : start
    }

    private func holds(_ anchor: ECMAAnchor, at position: Int) -> Bool {
        switch anchor {
        case .start: position == 0
        case .end: position == text.count
        case .wordBoundary: isWord(at: position - 1) != isWord(at: position)
        case .noWordBoundary: isWord(at: position - 1) == isWord(at: position)
        }
    }

    private func isWord(at position: Int) -> Bool {
        text.indices.contains(position) && ECMACharacterSet.word.contains(text[position])
    }
}
