import Skein
import SkeinCore
import Testing

/// Streams whose listeners come and go while others yield to them.
@Suite(.timeLimit(.minutes(1)))
struct ListenerTests {
    private static let root = ExecutionID(raw: UniqueID(high: 1, low: 1))

    /// A cancelled listener holds a lock of its task while it leaves; whoever yields to it may want that lock.
    @Test func `listeners that are cancelled while notices come block nobody`() async {
        let hub = NoticeHub()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<500 {
                        let listener = Task { for await _ in hub.stream(root: Self.root) {} }
                        await Task.yield()
                        listener.cancel()
                        await listener.value
                    }
                }
                group.addTask {
                    for position in 0..<5_000 {
                        hub.deliver(EventNotice(executionID: Self.root, rootID: Self.root, position: Int64(position)))
                        if position.isMultiple(of: 16) { await Task.yield() }
                    }
                }
            }
        }
        #expect(!hub.hasListeners(root: Self.root))
    }

    @Test func `listeners that are cancelled while hints come block nobody`() async {
        let broadcast = Broadcast<Int>(capacity: 8, overflow: -1)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<500 {
                        let listener = Task { for await _ in broadcast.stream() {} }
                        await Task.yield()
                        listener.cancel()
                        await listener.value
                    }
                }
                group.addTask {
                    for number in 0..<5_000 {
                        broadcast.yield(number)
                        if number.isMultiple(of: 16) { await Task.yield() }
                    }
                }
            }
        }
    }
}
