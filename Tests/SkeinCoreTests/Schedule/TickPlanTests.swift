import SkeinCore
import Testing

struct TickPlanTests {
    static let start = Timestamp(microseconds: 1_767_225_600_000_000)

    static func minute(_ number: Int) -> Timestamp { start + .seconds(60 * number) }

    /// A schedule that fires every minute; what is decided at minute `now` when `due` was the first undecided.
    static func plan(
        due: Int = 0, now: Double, isBusy: Bool = false, waiting: Int? = nil, waitingCount: Int = 0,
        _ change: (inout Schedule) -> Void = { _ in }
    ) -> TickPlan {
        var schedule = Schedule("s", flowID: "f", times: .interval(.seconds(60), anchor: start))
        change(&schedule)
        return TickPlan(
            schedule, zone: .utc, due: minute(due), now: start + .seconds(60) * now, isBusy: isBusy,
            waiting: waiting.map { minute($0) }, waitingCount: waitingCount)
    }

    static func decisions(_ plan: TickPlan) -> [TickDecision] { plan.items.map(\.decision) }

    @Test func `one tick that is due fires, and the next is counted from it`() {
        let plan = Self.plan(due: 3, now: 3.9)
        #expect(plan.items == [.init(at: Self.minute(3), decision: .fired)])
        #expect(plan.next == Self.minute(4))
    }

    @Test func `of several that are due the last fires, unless all are wanted`() {
        #expect(Self.decisions(Self.plan(now: 3)) == [.skippedLate, .skippedLate, .skippedLate, .fired])
        let all = Self.plan(now: 3) { schedule in
            schedule.missed = .runAll
            schedule.overlap = .allow
        }
        #expect(Self.decisions(all) == [.fired, .fired, .fired, .fired])
        let two = Self.plan(now: 3) { schedule in
            schedule.missed = .runAll
            schedule.missedMax = 2
            schedule.overlap = .allow
        }
        #expect(Self.decisions(two) == [.skippedLate, .skippedLate, .fired, .fired])
    }

    @Test func `what is later than the window does not fire`() {
        #expect(Self.decisions(Self.plan(now: 0.99) { $0.missedWindow = .seconds(30) }) == [.skippedLate])
        #expect(Self.decisions(Self.plan(now: 0.1) { $0.missed = .skip }) == [.fired])
        #expect(Self.decisions(Self.plan(now: 0.2) { $0.missed = .skip }) == [.skippedLate])
    }

    @Test(arguments: [
        (OverlapPolicy.skip, false, 0, TickDecision.fired), (.skip, true, 0, .skippedOverlap),
        (.allow, true, 0, .fired), (.allow, true, 5, .fired),
        (.bufferOne, false, 0, .fired), (.bufferOne, true, 0, .buffered), (.bufferOne, true, 1, .skippedOverlap),
        (.bufferOne, false, 1, .skippedOverlap), (.bufferAll, true, 999, .buffered),
        (.bufferAll, true, 1_000, .skippedOverlap),
        (.bufferAll, false, 1, .buffered), (.cancelOther, true, 0, .buffered), (.cancelOther, false, 0, .fired),
    ])
    func `an unfinished execution decides by the policy`(
        _ policy: OverlapPolicy, _ isBusy: Bool, _ waiting: Int, _ expected: TickDecision
    ) {
        #expect(TickPlan.decide(policy, isBusy: isBusy, waiting: waiting) == expected)
    }

    @Test func `ticks of one moment overlap with each other`() {
        func all(_ policy: OverlapPolicy) -> [TickDecision] {
            Self.decisions(
                Self.plan(now: 3) { schedule in
                    schedule.missed = .runAll
                    schedule.overlap = policy
                })
        }
        #expect(all(.skip) == [.fired, .skippedOverlap, .skippedOverlap, .skippedOverlap])
        #expect(all(.bufferOne) == [.fired, .buffered, .skippedOverlap, .skippedOverlap])
        #expect(all(.bufferAll) == [.fired, .buffered, .buffered, .buffered])
        #expect(all(.cancelOther) == [.skippedOverlap, .skippedOverlap, .skippedOverlap, .fired])
    }

    @Test func `a tick that waited starts before those that are due`() {
        let plan = Self.plan(due: 5, now: 5, waiting: 2, waitingCount: 1) { $0.overlap = .bufferOne }
        #expect(
            plan.items == [
                .init(at: Self.minute(2), decision: .buffered, hasWaited: true),
                .init(at: Self.minute(5), decision: .buffered),
            ])
        let busy = Self.plan(due: 5, now: 4, isBusy: true, waiting: 2, waitingCount: 1) { $0.overlap = .bufferOne }
        #expect(busy.items.isEmpty && busy.next == Self.minute(5))
    }

    @Test func `a long outage is decided in parts, each tick once`() {
        var due = 0
        var decided: [TickPlan.Item] = []
        repeat {
            let plan = Self.plan(due: due, now: 3_500)
            decided += plan.items
            due = Int((plan.next - Self.start) / .seconds(60))
            #expect(plan.items.count <= TickPlan.most + 1)
        } while due <= 3_500
        #expect(decided.map(\.at) == (0...3_500).map { Self.minute($0) })
        #expect(decided.filter { $0.decision == .fired }.map(\.at) == [Self.minute(3_500)])
    }

    @Test func `bounds, single times and jitter`() {
        var schedule = Schedule("s", flowID: "f", times: .interval(.seconds(60), anchor: Self.start))
        schedule.startAt = Self.minute(10)
        schedule.endAt = Self.minute(11)
        #expect(schedule.next(after: Self.start, in: .utc) == Self.minute(10), "the start counts")
        #expect(schedule.next(after: Self.minute(10), in: .utc) == nil, "the end does not")
        let once = Schedule("s", flowID: "f", times: .once(Self.minute(1)))
        #expect(once.first(at: Self.minute(5), in: .utc) == Self.minute(1), "late, as the window decides")
        #expect(once.next(after: Self.minute(1), in: .utc) == nil)
        schedule.jitter = .seconds(10)
        let id = ScheduleID(raw: UniqueID(high: 1, low: 2))
        let delays = (0..<1_000).map { schedule.delay(of: Self.minute($0), in: id) }
        #expect(delays == (0..<1_000).map { schedule.delay(of: Self.minute($0), in: id) })
        #expect(delays.allSatisfy { .zero <= $0 && $0 <= .seconds(10) } && Set(delays).count > 900)
    }

    @Test func `a schedule is read with every problem, and as it was written`() throws {
        var problems: [Problem] = []
        let bad: JSONValue = [
            "flowId": 3, "cron": "61 * * * *", "at": "soon", "jitterMs": -1, "overlap": "skp", "missedMax": 0,
            "colour": 1,
        ]
        #expect(Schedule(bad, timeZone: "UTC", problems: &problems) == nil)
        #expect(
            Set(problems.map(\.pointer.description)) == [
                "/colour", "/name", "/flowId", "/at", "/jitterMs", "/overlap", "/missedMax",
            ], "\(problems)")
        var schedule = Schedule(
            "s", flowID: "f", times: .cron(try CronExpression("0 2 * * *"), timeZone: "Europe/Berlin"),
            context: ["a": 1])
        schedule.jitter = .seconds(3)
        schedule.endAt = Self.minute(9)
        problems = []
        #expect(Schedule(.object(schedule.json), timeZone: "UTC", problems: &problems) == schedule && problems.isEmpty)
    }
}
