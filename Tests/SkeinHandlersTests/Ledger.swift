import Synchronization

/// A list that several tasks share.
final class Ledger<Element: Sendable>: Sendable {
    private let state: Mutex<[Element]>

    init(_ elements: [Element] = []) { state = Mutex(elements) }

    func note(_ element: Element) { state.withLock { $0.append(element) } }

    var all: [Element] { state.withLock { $0 } }

    /// Takes the first element; the last one stays.
    func next() -> Element? {
        state.withLock { $0.count > 1 ? $0.removeFirst() : $0.first }
    }
}
