import Testing

@testable import Skein

@Suite("A backlog makes way for other tenants")
struct CourtesyTests {
    private let courtesy = Courtesy()

    /// Creations of one length, a hundredth of a second apart. Returns when they asked to be let through.
    private func create(_ count: Int, each span: Duration, from start: Duration) -> [Duration] {
        (0..<count).map { start + .milliseconds(10) * $0 }.filter { courtesy.created(in: span, at: $0) }
    }

    /// What is taken from a backlog of these lanes rests for so long after each of a few helpings.
    private func rests(_ lanes: Set<UInt8>, at time: Duration) -> Duration {
        courtesy.took(lanes, at: time)
        return courtesy.pause(at: time)
    }

    @Test("nobody asks while creations take what they usually take, whatever that is")
    func usual() {
        #expect(create(100, each: .milliseconds(4), from: .zero).isEmpty)
        #expect(create(100, each: .milliseconds(7), from: .seconds(1)).isEmpty)
    }

    @Test("whoever is slowed to more than double asks, ten times in a second at most, until it is over")
    func slowed() {
        _ = create(50, each: .milliseconds(4), from: .zero)
        let asked = create(100, each: .milliseconds(40), from: .seconds(1))
        #expect(!asked.isEmpty)
        #expect(zip(asked, asked.dropFirst()).allSatisfy { $1 - $0 >= .milliseconds(100) })
        _ = create(50, each: .milliseconds(4), from: .seconds(2))
        #expect(create(100, each: .milliseconds(4), from: .seconds(3)).isEmpty)
    }

    @Test("a store that became slower for good is usual after some hours")
    func drift() {
        _ = create(50, each: .milliseconds(4), from: .zero)
        #expect(!create(50, each: .milliseconds(12), from: .seconds(1)).isEmpty)
        for hour in 1...4 { _ = create(50, each: .milliseconds(12), from: .seconds(3_600 * hour)) }
        #expect(create(50, each: .milliseconds(12), from: .seconds(3_600 * 5)).isEmpty)
    }

    @Test("nothing rests unasked")
    func unasked() {
        #expect(rests([1, 2], at: .zero) == .zero)
    }

    @Test("a backlog rests for others, not for its own tenant")
    func others() {
        courtesy.heard(3, at: .zero)
        #expect(rests([3], at: .zero) == .zero)
        #expect(rests([1], at: .zero) > .zero)
        #expect(rests([1, 3], at: .zero) > .zero)
        courtesy.heard(1, at: .milliseconds(1))
        #expect(rests([1], at: .milliseconds(1)) > .zero, "tenants that both ask make way for one another")
    }

    @Test("a single execution of who asked does not hide the backlog of another")
    func hidden() {
        courtesy.heard(3, at: .zero)
        let rest = rests([1], at: .zero)
        #expect(rests([3], at: .milliseconds(10)) == rest)
    }

    @Test("it rests longer the longer others ask, to a bound that leaves it some")
    func growing() {
        var rests: [Duration] = []
        for step in 0..<20 {
            courtesy.heard(3, at: .milliseconds(100) * step)
            rests.append(self.rests([1], at: .milliseconds(100) * step))
        }
        #expect(rests == rests.sorted())
        #expect(rests[1] > rests[0])
        #expect(rests.last == .milliseconds(200))
    }

    @Test("many who ask at once count as one")
    func crowd() {
        courtesy.heard(3, at: .zero)
        let once = rests([1], at: .zero)
        for lane in UInt8(4)...10 { courtesy.heard(lane, at: .milliseconds(1)) }
        #expect(rests([1], at: .milliseconds(2)) == once)
    }

    @Test("it comes back little by little when nobody asks, and at once when nobody has for a while")
    func back() {
        for step in 0..<5 { courtesy.heard(3, at: .milliseconds(100) * step) }
        let most = rests([1], at: .milliseconds(400))
        let later = rests([1], at: .milliseconds(900))
        let evenLater = rests([1], at: .milliseconds(1_000))
        #expect(most > later && later > evenLater && evenLater > .zero)
        #expect(rests([1], at: .seconds(3)) == .zero)
        #expect(rests([1], at: .milliseconds(3_001)) == .zero)
    }
}
