// Regular expressions of RFC 9485 (I-Regexp): a program for a machine that follows all alternatives at once, so that
// the time is at most program size × text length. No backtracking, no captures. Outside of brackets, ^ and $ stand for
// start and end of the text: the RFC's grammar has them as characters, but its mappings to other dialects and the
// compliance suite of JSONPath have them as anchors.

/// A compiled expression.
struct IRegexp: Sendable {
    /// One instruction; targets are indices of the program.
    enum Instruction: Sendable {
        case character(IRegexpCharacterClass)
        case anchor(Anchor)
        case split(Int, Int)
        case jump(Int)
        case accept
    }

    /// A place in the text that takes no character.
    enum Anchor: Sendable {
        case start, end
    }

    /// The most instructions; counted repetitions are written out, so `(a{100}){100}` is too large.
    static let maxInstructions = 10_000

    let program: [Instruction]

    /// Compiles an expression; `nil` when it is no I-Regexp or too large.
    init?(_ pattern: String) {
        var parser = IRegexpParser(pattern)
        guard let tree = parser.parse() else { return nil }
        var compiler = IRegexpCompiler()
        guard compiler.emit(tree), compiler.append(.accept) else { return nil }
        program = compiler.program
    }

    /// Whether the whole text, or with `anywhere` a part of it, matches; `nil` when the steps run out.
    func matches(_ text: String, anywhere: Bool, steps: inout Int) -> Bool? {
        let setup = 1 + program.count / 16
        guard setup <= steps else { return nil }
        steps -= setup
        var current = IRegexpStates(capacity: program.count)
        var next = IRegexpStates(capacity: program.count)
        var rest = text.unicodeScalars[...]
        var accepted = follow(from: 0, isStart: true, isEnd: rest.isEmpty, into: &current)
        while let scalar = rest.popFirst() {
            if accepted, anywhere { return true }
            if current.members.isEmpty, !anywhere { return false }
            let cost = 1 + current.members.count
            guard cost <= steps else { return nil }
            steps -= cost
            next.removeAll()
            accepted = false
            for state in current.members {
                guard case .character(let set) = program[state], set.contains(scalar) else { continue }
                if follow(from: state + 1, isStart: false, isEnd: rest.isEmpty, into: &next) { accepted = true }
            }
            if anywhere, follow(from: 0, isStart: false, isEnd: rest.isEmpty, into: &next) { accepted = true }
            swap(&current, &next)
        }
        return accepted
    }

    /// Adds all states reachable without reading; `true` when the accepting one is among them.
    private func follow(from start: Int, isStart: Bool, isEnd: Bool, into states: inout IRegexpStates) -> Bool {
        var pending = [start]
        var accepted = false
        while let state = pending.popLast() {
            guard states.insert(state) else { continue }
            switch program[state] {
            case .jump(let target): pending.append(target)
            case .anchor(.start): if isStart { pending.append(state + 1) }
            case .anchor(.end): if isEnd { pending.append(state + 1) }
            case .split(let first, let second): pending += [second, first]
            case .accept: accepted = true
            case .character: continue
            }
        }
        return accepted
    }
}

/// A set of program positions with constant-time insertion and clearing.
struct IRegexpStates: Sendable {
    private(set) var members: [Int] = []
    private var places: [Int]

    init(capacity: Int) {
        places = Array(repeating: 0, count: capacity)
    }

    /// `false` when the state is in already.
    mutating func insert(_ state: Int) -> Bool {
        let place = places[state]
        if place < members.count, members[place] == state { return false }
        places[state] = members.count
        members.append(state)
        return true
    }

    mutating func removeAll() {
        members.removeAll(keepingCapacity: true)
    }
}
