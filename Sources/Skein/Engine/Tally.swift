import Synchronization

/// A number that goes up and down.
final class Tally: Sendable {
    private let value = Atomic<Int>(0)

    var sum: Int { value.load(ordering: .relaxed) }

    /// Adds and returns the sum.
    @discardableResult
    func add(_ change: Int) -> Int {
        value.add(change, ordering: .relaxed).newValue
    }
}
