// From the tree of an expression to a program.

/// An expression as written.
indirect enum IRegexpTree: Sendable {
    case character(IRegexpCharacterClass)
    case anchor(IRegexp.Anchor)
    case sequence([IRegexpTree])
    case alternatives([IRegexpTree])
    /// `nil` as the upper bound is no bound.
    case repetition(IRegexpTree, Int, Int?)
}

/// Appends instructions; every function returns `false` when the program gets too large.
struct IRegexpCompiler {
    private(set) var program: [IRegexp.Instruction] = []

    mutating func append(_ instruction: IRegexp.Instruction) -> Bool {
        program.append(instruction)
        return program.count <= IRegexp.maxInstructions
    }

    mutating func emit(_ tree: IRegexpTree) -> Bool {
        switch tree {
        case .character(let set):
            return append(.character(set))
        case .anchor(let anchor):
            return append(.anchor(anchor))
        case .sequence(let parts):
            for part in parts where !emit(part) { return false }
            return true
        case .alternatives(let branches):
            return emitAlternatives(branches)
        case .repetition(let body, let least, let most):
            return emitRepetition(body, least, most)
        }
    }

    private mutating func emitAlternatives(_ branches: [IRegexpTree]) -> Bool {
        var jumps: [Int] = []
        for (index, branch) in branches.enumerated() {
            let split = program.count
            let isLast = index == branches.count - 1
            if !isLast, !append(.split(split + 1, split + 1)) { return false }
            guard emit(branch) else { return false }
            if isLast { break }
            jumps.append(program.count)
            guard append(.jump(0)) else { return false }
            program[split] = .split(split + 1, program.count)
        }
        for jump in jumps { program[jump] = .jump(program.count) }
        return true
    }

    private mutating func emitRepetition(_ body: IRegexpTree, _ least: Int, _ most: Int?) -> Bool {
        let start = program.count
        for _ in 0..<least {
            guard emit(body) else { return false }
            // A body without instructions matches the empty text, however often.
            if program.count == start { return true }
        }
        guard let most else { return emitLoop(body) }
        var splits: [Int] = []
        for _ in least..<max(least, most) {
            splits.append(program.count)
            let next = program.count + 1
            guard append(.split(next, next)), emit(body) else { return false }
            if program.count == next { break }
        }
        for split in splits { program[split] = .split(split + 1, program.count) }
        return true
    }

    private mutating func emitLoop(_ body: IRegexpTree) -> Bool {
        let split = program.count
        guard append(.split(split + 1, split + 1)), emit(body), append(.jump(split)) else { return false }
        program[split] = .split(split + 1, program.count)
        return true
    }
}
