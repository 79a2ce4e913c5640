import Skein
import SkeinCore
import Testing

/// Flows of any nesting, against what they mean.
@Suite(.timeLimit(.minutes(5)))
struct RandomFlowTests {
    @Test(arguments: 0..<300)
    func `whatever is nested runs in its order and to its end`(seed: UInt64) async throws {
        let clock = VirtualClock()
        let engine = Engine(store: InMemoryExecutionStore(clock: clock), clock: clock)
        var maker = FlowMaker(seed: seed)
        let (nodes, meaning) = maker.list(depth: 3)
        let flow = Flow<Turns>("random", steps: { return nodes })
        let warnings = try await engine.register(flow).warnings
        #expect(warnings.isEmpty)
        let (execution, _) = try await engine.create(flow, Turns())
        let end = try await engine.run(execution.id, simulateTime: true)
        #expect(end.status == .completed, "\(flow.definition)")
        #expect(meaning.takes(maker.ledger.all), "\(maker.ledger.all) is no order of \(meaning)")
    }
}

/// What a flow may note: some notes one after the other, some in any order.
private indirect enum Meaning {
    case note(String)
    case sequence([Meaning])
    case together([Meaning])

    var notes: [String] {
        switch self {
        case .note(let name): [name]
        case .sequence(let parts), .together(let parts): parts.flatMap(\.notes)
        }
    }

    /// Whether these notes, all of them, are in an order that this allows. Names are unique but for rounds of loops.
    func takes(_ order: [String]) -> Bool {
        switch self {
        case .note(let name):
            return order == [name]
        case .sequence(let parts):
            var rest = order[...]
            for part in parts {
                let count = part.notes.count
                guard rest.count >= count, part.takes(Array(rest.prefix(count))) else { return false }
                rest = rest.dropFirst(count)
            }
            return rest.isEmpty
        case .together(let parts):
            let owned = parts.map { Set($0.notes) }
            return order.count == notes.count
                && zip(parts, owned).allSatisfy { part, names in part.takes(order.filter(names.contains)) }
        }
    }
}

/// A state that sees how often its loops have turned.
private struct Turns: FlowState {
    var a: Int?, b: Int?, c: Int?, d: Int?
    var first: Int?, second: Int?, third: Int?

    enum CodingKeys: String, CodingKey {
        case a = "repeat:a"
        case b = "repeat:b"
        case c = "repeat:c"
        case d = "repeat:d"
        case first, second, third
    }
}

private struct FlowMaker {
    let ledger = FlowLedger()
    private var random: UInt64
    private var count = 0
    private var loops: [(String, any (KeyPath<Turns, Int?> & Sendable))] = [
        ("a", \.a), ("b", \.b), ("c", \.c), ("d", \.d),
    ]
    private var waits: [(String, any (WritableKeyPath<Turns, Int?> & Sendable))] = [
        ("first", \.first), ("second", \.second), ("third", \.third),
    ]

    init(seed: UInt64) {
        random = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
    }

    private mutating func below(_ limit: Int) -> Int {
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        return Int(random % UInt64(limit))
    }

    private mutating func name(_ prefix: String) -> String {
        count += 1
        return "\(prefix)\(count)"
    }

    mutating func list(depth: Int) -> ([FlowNode<Turns>], Meaning) {
        let elements = (0...below(3)).map { _ in element(depth: depth) }
        return (elements.map(\.0), .sequence(elements.map(\.1)))
    }

    private mutating func element(depth: Int) -> (FlowNode<Turns>, Meaning) {
        switch depth == 0 ? 0 : below(6) {
        case 1:
            let branches = (0...below(3)).map { _ in element(depth: depth - 1) }
            return (
                Parallel(name("parallel"), branches: { return branches.map(\.0) }).node, .together(branches.map(\.1))
            )
        case 2:
            let (then, taken) = list(depth: depth - 1)
            let (otherwise, left) = list(depth: depth - 1)
            let holds = below(2) == 0
            let condition: @Sendable (Turns) -> Bool = { _ in holds }
            return (
                If(name("if"), when: condition, then: { return then }, else: { return otherwise }).node,
                holds ? taken : left
            )
        case 3:
            let (then, taken) = list(depth: depth - 1)
            let holds = below(2) == 0
            let condition: @Sendable (Turns) -> Bool = { _ in holds }
            return (If(name("if"), when: condition, then: { return then }).node, holds ? taken : .sequence([]))
        case 4:
            guard let (key, path) = loops.popLast() else { return step() }
            let (body, meaning) = list(depth: depth - 1)
            let rounds = below(3)
            let condition: @Sendable (Turns) -> Bool = { ($0[keyPath: path] ?? 0) < rounds }
            return (
                Repeat(key, while: condition, limit: 3, steps: { return body }).node,
                .sequence(Array(repeating: meaning, count: rounds))
            )
        case 5:
            guard let (key, path) = waits.popLast() else { return step() }
            return (
                Wait<Turns>(for: Signal<Int>("signal-\(key)"), into: path, timeout: .seconds(5)).node, .sequence([])
            )
        case _:
            return step()
        }
    }

    private mutating func step() -> (FlowNode<Turns>, Meaning) {
        let (name, ledger, isSkipped) = (name("step"), ledger, below(5) == 0)
        guard isSkipped else {
            return (Step<Turns>(name) { _, _ in ledger.note(name) }.node, .note(name))
        }
        return (Step<Turns>(name, when: { _ in false }) { _, _ in ledger.note(name) }.node, .sequence([]))
    }
}
