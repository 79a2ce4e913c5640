import Skein
import SkeinCore
import Testing

@Suite("A burst of wakes")
struct WakeBatchTests {
    private let now = Timestamp(microseconds: 1_000_000_000)

    private func id(_ number: UInt64) -> ExecutionID { ExecutionID(raw: UniqueID(high: 0, low: number)) }

    private func batch(_ hints: [WakeHint], individually: Int = 64) -> WakeBatch {
        WakeBatch(hints, now: now, horizon: .seconds(600), individually: individually)
    }

    @Test("an execution is due once, at its earliest time")
    func earliest() {
        let result = batch([
            WakeHint(executionID: id(1), at: now + .seconds(5), reason: "timer"),
            WakeHint(executionID: id(2), reason: "new"),
            WakeHint(executionID: id(1), reason: "signal"),
            WakeHint(executionID: id(1), at: now + .seconds(1), reason: "timer"),
        ])
        #expect(result.due.map(\.executionID) == [id(1), id(2)])
        #expect(result.due.map(\.at) == [now, now])
        #expect(
            result.messages == [
                WakeHint(executionID: id(1), reason: "signal", isQueued: true),
                WakeHint(executionID: id(2), reason: "new", isQueued: true),
            ])
    }

    @Test("beyond the first few, executions are told as many")
    func many() {
        let result = batch((1...5).map { WakeHint(executionID: id($0), reason: "new") }, individually: 2)
        #expect(result.due.count == 5)
        #expect(result.messages.map(\.executionID) == [id(1), id(2), nil])
        #expect(result.messages.last == WakeHint(executionID: nil, reason: "many", isQueued: true))
    }

    @Test("each lane that asks to be let through is told once, and is nothing to look for")
    func yields() {
        let asks = [3, 0, 3].map { WakeHint(executionID: nil, reason: WakeHint.yield, lane: $0) }
        #expect(batch(asks).due.isEmpty)
        #expect(batch(asks).messages == [asks[1], asks[0]])
        let look = WakeHint(executionID: nil, reason: "look")
        #expect(batch(asks + [look]).messages == [look, asks[1], asks[0]])
    }

    @Test("timers are told by the earliest; a single one with its execution")
    func timers() {
        let (early, late) = (now + .seconds(1), now + .seconds(2))
        let one = batch([WakeHint(executionID: id(1), at: late, reason: "timer")])
        #expect(one.messages == [WakeHint(executionID: id(1), at: late, reason: "timer", isQueued: true)])
        let three = batch(
            [late, early, late].enumerated().map { WakeHint(executionID: id(UInt64($0)), at: $1, reason: "timer") })
        #expect(three.messages == [WakeHint(executionID: nil, at: early, reason: "timer", isQueued: true)])
    }

    @Test("what is too far ahead, or never, is left to the store")
    func tooFar() {
        let result = batch([
            WakeHint(executionID: id(1), at: now + .seconds(601), reason: "timer"),
            WakeHint(executionID: id(2), at: .distantFuture, reason: "timer"),
        ])
        #expect(result == batch([]))
        #expect(
            WakeBatch([WakeHint(executionID: id(1), at: now + .seconds(601), reason: "timer")], now: now, horizon: nil)
                .due.count == 1)
    }

    @Test("hints without an execution become one, not queued")
    func anything() {
        let hints = [WakeHint(executionID: nil, reason: "sql"), WakeHint(executionID: nil, reason: "more")]
        #expect(batch(hints).messages == [WakeHint(executionID: nil, reason: "sql")])
        let timer = WakeHint(executionID: nil, at: now + .seconds(3), reason: "cron")
        #expect(batch([timer]).messages == [timer])
        #expect(batch([timer]).due.isEmpty)
    }

    @Test("a scope's digest is the first half of SHA-256, in 32 digits")
    func digest() {
        // printf '\xff×8 \0×7\x01f \0×7\x01k' | sha256sum
        #expect(IdempotencyScope(tenantID: nil, flowID: "f", key: "k").digest == "0cd0d0f506ed10ae3e034511c1d08477")
    }
}
