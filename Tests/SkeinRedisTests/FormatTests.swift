import Skein
import SkeinCore
import Testing

@testable import SkeinRedis

@Suite("Keys, values and messages in Redis")
struct FormatTests {
    private let id = ExecutionID(raw: UniqueID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0001))
    private let text = "01900000-0000-7000-8000-000000000001"

    @Test("keys are named as the contract says")
    func keys() {
        let keys = RedisKeys(prefix: "skein")
        #expect(keys.lock("exec:1") == "skein:lock:exec:1")
        #expect(keys.due(0) == "skein:due:0")
        #expect(keys.wake == "skein:wake")
        #expect(keys.leader("schedules") == "skein:leader:schedules")
        #expect(keys.events(id) == "skein:events:\(text)")
        let scope = IdempotencyScope(tenantID: nil, flowID: "f", key: "k")
        #expect(keys.idempotency(scope) == "skein:idem:\(scope.digest)")
        #expect(RedisKeys(prefix: "a*[b]").lockPattern == "a\\*\\[b\\]:lock:*")
    }

    @Test("spans become milliseconds within what PX takes")
    func spans() {
        #expect(RedisKeys.milliseconds(.milliseconds(1_500)) == "1500")
        #expect(RedisKeys.milliseconds(.zero) == "1")
        #expect(RedisKeys.milliseconds(.seconds(-5)) == "1")
        #expect(RedisKeys.milliseconds(.seconds(Int64.max)) == "1000000000000")
    }

    @Test("a lock's value reads back, whatever the holder is called")
    func lockValues() {
        for holder in ["w1", "", "a|b|c", "a|1|2"] {
            let value = LockValue.make(holder: holder, since: Timestamp(microseconds: 77), random: 255)
            #expect(value == "\(holder)|77|ff")
            #expect(LockValue(value).holder == holder)
            #expect(LockValue(value).since == Timestamp(microseconds: 77))
        }
        #expect(LockValue("somebody").holder == "somebody")
        #expect(LockValue("a|b|c").since == nil)
    }

    @Test("an answer reads back; anything else is a miss")
    func answers() {
        let answer = IdempotencyAnswer(executionID: id, fingerprint: [0, 171, 255])
        #expect(RedisIdempotencyCache.format(answer) == "\(text):00abff")
        #expect(RedisIdempotencyCache.parse("\(text):00abff") == answer)
        for bad in ["", ":", text, "\(text):0", "\(text):zz", "x:00", "OK"] {
            #expect(RedisIdempotencyCache.parse(bad) == nil)
        }
    }

    @Test("nothing is due before its time")
    func scores() {
        for microseconds: Int64 in [0, 1, 999, 1_000, 1_001, -1, -1_000, -1_001, 1_767_225_600_000_001] {
            let time = Timestamp(microseconds: microseconds)
            #expect(DueScore.score(of: time) > DueScore.reached(at: time + .microseconds(-1)))
            #expect(DueScore.score(of: time) <= DueScore.reached(at: time + .milliseconds(1)))
        }
        #expect(DueScore.score(of: Timestamp(microseconds: 5_000)) == 5)
        #expect(DueScore.time(5) == Timestamp(microseconds: 5_000))
        for odd in [Double.infinity, -.infinity, .nan, 1e300] { #expect(DueScore.time(odd) == nil) }
    }

    @Test("a wake reads back")
    func wakes() {
        let hints = [
            WakeHint(executionID: id, reason: "signal", isQueued: true), WakeHint(executionID: nil, reason: "\"\n"),
            WakeHint(executionID: nil, at: Timestamp(microseconds: 1_767_225_600_000_001), reason: "timer"),
            WakeHint(executionID: nil, reason: WakeHint.yield, lane: 9),
        ]
        for hint in hints { #expect(WakeMessage.decode(Array(WakeMessage.encode(hint).utf8)) == hint) }
        #expect(WakeMessage.encode(hints[0]) == #"{"executionId":"\#(text)","reason":"signal","queued":true}"#)
    }

    @Test(
        "what a person publishes makes somebody look, slips included",
        arguments: [
            (#"{}"#, false, false), (#"{"executionId":"01900000-0000-7000-8000-000000000001"}"#, true, false),
            (#"{"executionId":"oops","at":"noon","reason":7,"queued":"yes"}"#, false, false),
            (
                #"{"executionId":"01900000-0000-7000-8000-000000000001","at":"2026-01-01T00:00:00Z","x":[1]}"#, true,
                true
            ),
        ])
    func published(_ message: String, hasExecution: Bool, hasTime: Bool) throws {
        let hint = try #require(WakeMessage.decode(Array(message.utf8)))
        #expect((hint.executionID != nil) == hasExecution)
        #expect((hint.at != nil) == hasTime)
        #expect(!hint.isQueued)
        #expect(hint.reason == "published")
    }

    @Test(
        "what is no JSON object is ignored",
        arguments: ["", "hello", "[1]", "null", "{", String(repeating: "[", count: 5_000)])
    func ignored(_ message: String) {
        #expect(WakeMessage.decode(Array(message.utf8)) == nil)
        #expect(EventMessage.decode(Array(message.utf8), root: id) == nil)
    }

    @Test("a notice reads back")
    func notices() {
        let notice = EventNotice(executionID: id, rootID: id, position: 42)
        #expect(EventMessage.encode(notice) == #"{"executionId":"\#(text)","seq":42}"#)
        #expect(EventMessage.decode(Array(EventMessage.encode(notice).utf8), root: id) == notice)
        #expect(EventMessage.decode(Array(#"{"executionId":"\#(text)"}"#.utf8), root: id) == nil)
        let last = EventNotice(executionID: id, rootID: id, position: 43, isEnd: true)
        #expect(EventMessage.encode(last) == #"{"executionId":"\#(text)","seq":43,"ended":true}"#)
        #expect(EventMessage.decode(Array(EventMessage.encode(last).utf8), root: id) == last)
    }
}
