public import Skein
import SkeinCore

/// What every `WakeSignaler` promises while its service is up.
public enum WakeConformance {
    public static let cases: [ConformanceCase<any WakeSignaler>] = [
        ConformanceCase("a signalled execution is given once", givenOnce),
        ConformanceCase("of many takers at once each execution goes to one", concurrentTakers),
        ConformanceCase("no more are taken than asked for", limit),
        ConformanceCase("a timer is given when it is due, not before", timers),
        ConformanceCase("what is due next is known", nextDue),
        ConformanceCase("an earlier time replaces a later one, never the other way round", earlierReplaces),
        ConformanceCase("hints reach every listener, marked as queued", hintsReachAll),
        ConformanceCase("a hint without an execution means anything and queues nothing", anything),
        ConformanceCase("a burst makes few hints and loses no execution", burst),
        ConformanceCase("a listener that stops hears no more and harms nobody", stoppedListener),
    ]

    private typealias Space = ConformanceSpace<any WakeSignaler>

    /// Later than every due time here and earlier than any timer that is not to be taken.
    private static let present = SystemClock().now + .seconds(60)
    private static let near = present + .seconds(120)

    private static func id(_ number: UInt64) -> ExecutionID {
        ExecutionID(raw: .v7(at: Timestamp(microseconds: 1), random: number))
    }

    private static func givenOnce(_ space: Space) async throws {
        space.first.signal([
            WakeHint(executionID: id(1), reason: "new"), WakeHint(executionID: id(1), reason: "signal"),
        ])
        try await Expectation.eventually("it is given", in: space) { try await taken(space.second) == [id(1)] }
        let again = try await space.first.takeDue(at: present, limit: 10)
        try Expectation.require(again.ids.isEmpty && again.next == nil, "and given once")
    }

    private static func concurrentTakers(_ space: Space) async throws {
        let wanted = (0..<400).map { id($0) }
        space.first.signal(wanted.map { WakeHint(executionID: $0, reason: "new") })
        var given: [ExecutionID] = []
        try await Expectation.eventually("all are given", in: space) {
            given += try await withThrowingTaskGroup(of: [ExecutionID].self) { group in
                for number in 0..<8 {
                    let taker = number.isMultiple(of: 2) ? space.first : space.second
                    group.addTask { try await taker.takeDue(at: present, limit: 30).ids }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            return given.count >= wanted.count
        }
        try Expectation.require(given.count == wanted.count && Set(given) == Set(wanted), "each is given to one taker")
    }

    private static func limit(_ space: Space) async throws {
        let wanted = (0..<5).map { id($0) }
        space.first.signal(wanted.map { WakeHint(executionID: $0, reason: "new") })
        var given: [ExecutionID] = []
        try await Expectation.eventually("all are given", in: space) {
            let (ids, next) = try await space.second.takeDue(at: present, limit: 2)
            try Expectation.require(ids.count <= 2, "no more than two at a time")
            given += ids
            try Expectation.require(
                given.isEmpty || given.count == 5 || next.map { $0 <= present } ?? false, "the rest is due")
            return given.count == 5
        }
    }

    private static func timers(_ space: Space) async throws {
        let due = present + .seconds(5)
        space.first.signal([WakeHint(executionID: id(1), at: due, reason: "timer")])
        try await arrived(space, next: due)
        try Expectation.require(try await taken(space.second).isEmpty, "it is not given before")
        let early = try await space.second.takeDue(at: due + .microseconds(-1), limit: 10)
        try Expectation.require(early.ids.isEmpty, "not a microsecond before")
        let (ids, next) = try await space.second.takeDue(at: due + .milliseconds(1), limit: 10)
        try Expectation.require(ids == [id(1)] && next == nil, "it is given then")
    }

    private static func nextDue(_ space: Space) async throws {
        space.first.signal([
            WakeHint(executionID: id(2), at: near, reason: "timer"),
            WakeHint(executionID: id(1), at: near + .seconds(9), reason: "timer"),
        ])
        try await arrived(space, next: near)
        let (ids, next) = try await space.second.takeDue(at: near + .milliseconds(1), limit: 10)
        try Expectation.require(ids == [id(2)] && same(next, near + .seconds(9)), "then the next one is")
    }

    private static func earlierReplaces(_ space: Space) async throws {
        space.first.signal([WakeHint(executionID: id(1), at: near, reason: "timer")])
        try await arrived(space, next: near)
        space.second.signal([WakeHint(executionID: id(1), at: near + .seconds(-30), reason: "timer")])
        try await arrived(space, next: near + .seconds(-30))
        space.second.signal([WakeHint(executionID: id(1), at: near + .seconds(30), reason: "timer")])
        space.second.signal([WakeHint(executionID: id(2), at: near + .seconds(-40), reason: "timer")])
        try await arrived(space, next: near + .seconds(-40))
        let (ids, next) = try await space.first.takeDue(at: near + .seconds(-29), limit: 10)
        try Expectation.require(ids == [id(2), id(1)] && next == nil, "the earliest time counts, in order")
        space.first.signal([WakeHint(executionID: id(1), at: near, reason: "timer")])
        try await arrived(space, next: near)
    }

    private static func hintsReachAll(_ space: Space) async throws {
        let streams = [space.first.hints(), space.first.hints(), space.second.hints()]
        try await space.settle(2)
        space.first.signal([WakeHint(executionID: id(7), reason: "signal")])
        for stream in streams {
            let hint = try await first(in: stream) { $0.executionID == id(7) }
            try Expectation.require(
                hint == WakeHint(executionID: id(7), reason: "signal", isQueued: true), "it is as given, and queued")
        }
        let due = present + .seconds(40)
        let timers = space.second.hints()
        try await space.settle(2)
        space.first.signal([
            WakeHint(executionID: id(8), at: due + .seconds(1), reason: "timer"),
            WakeHint(executionID: id(9), at: due, reason: "timer"),
        ])
        let hint = try await first(in: timers) { $0.at != nil }
        try Expectation.require(
            hint.at == due && hint.executionID == nil && hint.isQueued, "timers are told by the earliest")
    }

    private static func anything(_ space: Space) async throws {
        let stream = space.second.hints()
        try await space.settle(2)
        space.first.signal([WakeHint(executionID: nil, reason: "sql")])
        let hint = try await first(in: stream) { $0.reason == "sql" }
        try Expectation.require(hint == WakeHint(executionID: nil, reason: "sql"), "it is as given, and not queued")
        let (ids, next) = try await space.first.takeDue(at: near, limit: 10)
        try Expectation.require(ids.isEmpty && next == nil, "nothing is queued")
    }

    private static func burst(_ space: Space) async throws {
        let stream = space.second.hints()
        try await space.settle(2)
        let wanted = (0..<3_000).map { id($0) }
        space.first.signal(wanted.map { WakeHint(executionID: $0, reason: "new") })
        var given: Set<ExecutionID> = []
        try await Expectation.eventually("all are given", in: space) {
            given.formUnion(try await space.second.takeDue(at: present, limit: 1_000).ids)
            return given.count == wanted.count
        }
        space.first.signal([WakeHint(executionID: nil, reason: "end")])
        let count = try await Expectation.soon("the hints come") {
            var count = 0
            for await hint in stream {
                if hint.reason == "end" { break }
                count += 1
            }
            return count
        }
        try Expectation.require(count <= 300, "3,000 executions make few hints, not \(count)")
    }

    private static func stoppedListener(_ space: Space) async throws {
        let stopped = Task { [stream = space.first.hints()] in for await _ in stream {} }
        stopped.cancel()
        await stopped.value
        let stream = space.first.hints()
        try await space.settle(2)
        space.second.signal([WakeHint(executionID: id(3), reason: "new")])
        _ = try await first(in: stream) { $0.executionID == id(3) }
    }

    private static func taken(_ wakes: any WakeSignaler) async throws -> [ExecutionID] {
        try await wakes.takeDue(at: present, limit: 100).ids
    }

    /// Until the earliest entry is due at that time; takes nothing, for none here is due at the epoch.
    private static func arrived(_ space: Space, next wanted: Timestamp) async throws {
        try await Expectation.eventually("the timer arrives", in: space) {
            same(try await space.second.takeDue(at: Timestamp(microseconds: 0), limit: 1).next, wanted)
        }
    }

    /// Services may keep times in milliseconds, rounded up.
    private static func same(_ time: Timestamp?, _ wanted: Timestamp) -> Bool {
        guard let time else { return false }
        return time >= wanted && time < wanted + .milliseconds(1)
    }

    private static func first(
        in stream: AsyncStream<WakeHint>, where isWanted: @escaping @Sendable (WakeHint) -> Bool
    ) async throws -> WakeHint {
        let hint = try await Expectation.soon("the hint comes") { await stream.first { isWanted($0) } }
        guard let hint else { throw ConformanceViolation("the stream does not end") }
        return hint
    }
}
