import Synchronization

/// A number that many tasks raise.
final class Count: Sendable {
    private let number = Atomic<Int>(0)
    func add(_ change: Int) { number.add(change, ordering: .relaxed) }
    var value: Int { number.load(ordering: .relaxed) }
}
