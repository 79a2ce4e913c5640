import Testing

@testable import SkeinRedis

@Suite("The breaker")
struct BreakerTests {
    @Test("opens after failures in a row, once")
    func opensAfterFailures() {
        var breaker = Breaker(failuresToOpen: 3)
        #expect(breaker.failed(isConnectionLost: false) == nil)
        #expect(breaker.failed(isConnectionLost: false) == nil)
        breaker.answered()
        #expect(breaker.failed(isConnectionLost: false) == nil)
        #expect(breaker.failed(isConnectionLost: false) == nil)
        #expect(!breaker.isOpen)
        #expect(breaker.failed(isConnectionLost: false) == .opened)
        #expect(breaker.isOpen)
        #expect(breaker.failed(isConnectionLost: true) == nil)
    }

    @Test("opens at once when the connection is lost")
    func opensAtOnce() {
        var breaker = Breaker(failuresToOpen: 3)
        #expect(breaker.failed(isConnectionLost: true) == .opened)
    }

    @Test("only a probe closes it")
    func closesByProbe() {
        var breaker = Breaker(failuresToOpen: 1)
        _ = breaker.failed(isConnectionLost: false)
        breaker.answered()
        #expect(breaker.isOpen)
        #expect(breaker.recovered() == .closed)
        #expect(breaker.failures == 0)
        #expect(breaker.recovered() == nil)
    }

    @Test("a mark that is gone or another tells of a flush")
    func incarnation() {
        var incarnation = Incarnation()
        #expect(incarnation.saw(nil) == .missing(wasKnown: false))
        #expect(incarnation.saw("a") == .first)
        #expect(incarnation.saw("a") == .same)
        #expect(incarnation.saw("b") == .replaced)
        #expect(incarnation.saw(nil) == .missing(wasKnown: true))
        #expect(incarnation.saw("c") == .first)
    }
}
