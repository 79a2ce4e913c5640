import Skein
import SkeinCore
import Testing

@testable import SkeinRedis

@Suite("What waits for a flush")
struct QueueTests {
    private func id(_ number: Int) -> ExecutionID { ExecutionID(raw: UniqueID(high: 0, low: UInt64(number))) }

    @Test("hints leave in order, in batches; the oldest go when there are too many")
    func hints() {
        var queue = HintQueue(capacity: 20)
        let hints = (0..<30).map { WakeHint(executionID: id($0), reason: "\($0)") }
        #expect(queue.append(Array(hints[..<20])) == 0)
        #expect(queue.append([hints[20]]) == 3)
        #expect(queue.take(5) == Array(hints[3..<8]))
        #expect(queue.take(50) == Array(hints[8..<21]))
        #expect(queue.take(1).isEmpty)
    }

    @Test("of each execution the highest position is kept, in the order in which they came")
    func notices() {
        var pending = PendingNotices(capacity: 10)
        func notice(_ number: Int, _ position: Int64) -> EventNotice {
            EventNotice(executionID: id(number), rootID: id(0), position: position)
        }
        #expect(pending.add([notice(1, 5), notice(2, 1), notice(1, 4), notice(2, 3)]) == 0)
        #expect(pending.takeAll() == [notice(1, 5), notice(2, 3)])
        #expect(pending.add((0..<11).map { notice($0, 1) }) == 2)
        #expect(pending.count == 9)
        #expect(pending.takeAll().first == notice(2, 1))
        #expect(pending.count == 0)
    }

    @Test("a ring while nobody waits is remembered once")
    func bell() async {
        let bell = Doorbell()
        bell.ring()
        bell.ring()
        await bell.wait()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await bell.wait() }
            group.cancelAll()
        }
        async let waiting: Void = bell.wait()
        bell.ring()
        await waiting
    }
}
