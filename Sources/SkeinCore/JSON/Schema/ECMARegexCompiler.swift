// From the tree of an expression to a program.

/// Appends instructions until the program gets too large.
struct ECMARegexCompiler {
    private(set) var program: [ECMARegex.Instruction] = []
    private(set) var splitCount = 0
    private(set) var markCount = 0
    private let keepsGroups: Bool
    private let names: [String: Int]

    /// Repetitions of one set beyond this become one instruction instead of copies.
    private static let copyLimit = 8

    init(keepsGroups: Bool, names: [String: Int]) {
        self.keepsGroups = keepsGroups
        self.names = names
    }

    mutating func append(_ instruction: ECMARegex.Instruction) throws(ECMARegexError) {
        guard program.count < ECMARegex.maxInstructions else {
            throw ECMARegexError("it is too large once its repetitions are written out")
        }
        program.append(instruction)
    }

    mutating func emit(_ tree: ECMARegexTree, _ direction: ECMADirection) throws(ECMARegexError) {
        switch tree {
        case .set(let set): try append(.set(set, direction))
        case .anchor(let anchor): try append(.anchor(anchor))
        case .sequence(let parts):
            // An assertion about what lies before reads its parts from the last to the first.
            for part in direction == .forward ? parts : parts.reversed() { try emit(part, direction) }
        case .alternatives(let branches): try emitAlternatives(branches, direction)
        case .group(let body, let number): try emitGroup(body, number, direction)
        case .repetition(let body, let least, let most, let isGreedy, let groups):
            try emitRepetition(body, least, most, isGreedy, groups, direction)
        case .look(let body, let direction, let isNegative):
            let start = program.count
            try append(.look(end: 0, isNegative: isNegative))
            try emit(body, direction)
            try append(.accept)
            program[start] = .look(end: program.count, isNegative: isNegative)
        case .reference(let number): try append(.reference(number, direction))
        case .namedReference(let name): try append(.reference(names[name] ?? 0, direction))
        }
    }

    private mutating func emitGroup(
        _ body: ECMARegexTree, _ number: Int, _ direction: ECMADirection
    ) throws(ECMARegexError) {
        guard keepsGroups else { return try emit(body, direction) }
        let (first, last) = direction == .forward ? (2 * number, 2 * number + 1) : (2 * number + 1, 2 * number)
        try append(.capture(first))
        try emit(body, direction)
        try append(.capture(last))
    }

    private mutating func emitAlternatives(
        _ branches: [ECMARegexTree], _ direction: ECMADirection
    ) throws(ECMARegexError) {
        var jumps: [Int] = []
        for branch in branches.dropLast() {
            let split = try appendSplit()
            try emit(branch, direction)
            jumps.append(program.count)
            try append(.jump(0))
            close(split, isGreedy: true)
        }
        if let last = branches.last { try emit(last, direction) }
        for jump in jumps { program[jump] = .jump(program.count) }
    }

    private mutating func emitRepetition(
        _ body: ECMARegexTree, _ least: Int, _ most: Int?, _ isGreedy: Bool, _ groups: Range<Int>,
        _ direction: ECMADirection
    ) throws(ECMARegexError) {
        if case .set(let set) = body, max(least, most ?? least) > Self.copyLimit {
            try append(.run(set, direction, least: least, most: most ?? .max, isGreedy: isGreedy))
            return
        }
        let start = program.count
        for _ in 0..<least {
            try emitTurn(body, groups, direction)
            // A body without instructions matches the empty text, however often.
            if program.count == start { return }
        }
        guard let most else {
            let split = try appendSplit()
            try emitGuarded(body, groups, direction)
            try append(.jump(split))
            return close(split, isGreedy: isGreedy)
        }
        var splits: [Int] = []
        for _ in least..<most {
            splits.append(try appendSplit())
            let before = program.count
            try emitGuarded(body, groups, direction)
            if program.count == before + 2 { break }
        }
        for split in splits { close(split, isGreedy: isGreedy) }
    }

    private mutating func emitTurn(
        _ body: ECMARegexTree, _ groups: Range<Int>, _ direction: ECMADirection
    ) throws(ECMARegexError) {
        if keepsGroups, !groups.isEmpty { try append(.forget(2 * groups.lowerBound..<2 * groups.upperBound)) }
        try emit(body, direction)
    }

    /// A turn that may not be empty, as the standard demands once the least number is reached.
    private mutating func emitGuarded(
        _ body: ECMARegexTree, _ groups: Range<Int>, _ direction: ECMADirection
    ) throws(ECMARegexError) {
        let mark = markCount
        markCount += 1
        try append(.mark(mark))
        try emitTurn(body, groups, direction)
        try append(.progress(mark))
    }

    private mutating func appendSplit() throws(ECMARegexError) -> Int {
        try append(.split(0, 0, number: splitCount))
        splitCount += 1
        return program.count - 1
    }

    /// The other way of a split leads to what comes next.
    private mutating func close(_ split: Int, isGreedy: Bool) {
        guard case .split(_, _, let number) = program[split] else { return }
        let (inside, after) = (split + 1, program.count)
        program[split] = .split(isGreedy ? inside : after, isGreedy ? after : inside, number: number)
    }
}
