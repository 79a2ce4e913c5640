import Skein
import SkeinCore
import SkeinTesting
import Testing

/// Schedules on a virtual clock; nobody runs the engine, tests decide ticks and drive executions themselves.
@Suite(.everyStore, .timeLimit(.minutes(3)))
struct ScheduleTests {
    /// A flow that waits to be resumed.
    static let flow = TestFlows.single("ask", id: "job")
    /// 2026-01-01T00:00:00Z
    static let start = Timestamp(microseconds: 1_767_225_600_000_000)

    private func bench(_ configure: (inout EngineConfiguration) -> Void = { _ in }) async throws -> Bench {
        let bench = try await Bench(configure)
        bench.engine.handle("ask") { _, _ in .wait(WaitRequest(until: .resume)) }
        try await bench.engine.register(Self.flow)
        return bench
    }

    private func definition(_ members: JSONObject = [:]) -> JSONObject {
        let base: JSONObject = ["name": "s", "flowId": "job", "intervalMs": 60_000]
        return base.merging(members)
    }

    private func make(_ bench: Bench, _ members: JSONObject = [:]) async throws -> ScheduleID {
        try await bench.engine.createSchedule(definition(members)).state.record.id
    }

    private func decisions(_ bench: Bench, _ id: ScheduleID) async throws -> [TickDecision] {
        try await bench.engine.ticks(of: id, limit: 1_000).reversed().map(\.decision)
    }

    private func minute(_ bench: Bench, _ count: Int = 1) async throws {
        for _ in 0..<count {
            bench.clock.advance(by: .seconds(60))
            try await bench.engine.decideTicks()
        }
    }

    private func end(_ bench: Bench, _ id: ExecutionID?) async throws {
        let id = try #require(id)
        _ = try await bench.engine.step(id)
        _ = try await bench.engine.resume(id)
        let ended = try await bench.engine.run(id)
        #expect(ended.status == .completed)
    }

    @Test func `a tick starts an execution that says which tick of which schedule it is`() async throws {
        let bench = try await bench()
        let id = try await make(
            bench, ["context": ["a": 1], "tag": "t", "priority": 5, "metadata": ["team": "x"], "overlap": "allow"])
        try await minute(bench, 3)
        let ticks = try await bench.engine.ticks(of: id)
        #expect(ticks.map(\.at) == [3, 2, 1].map { Self.start + .seconds(60 * $0) })
        #expect(ticks.allSatisfy { $0.decision == .fired && $0.source == .schedule })
        let execution = try await bench.engine.execution(try #require(ticks.last?.executionID))
        #expect(execution.context == ["a": 1] && execution.creation.tag == "t" && execution.creation.priority == 5)
        #expect(
            execution.creation.metadata == [
                "team": "x",
                "schedule": [
                    "id": .string(id.description), "name": "s", "tick": "2026-01-01T00:01:00.000000Z",
                    "source": "schedule",
                ],
            ])
    }

    @Test func `a tick takes the latest version, and fails with the reason when the flow is gone from its context`()
        async throws
    {
        let bench = try await bench()
        let id = try await make(bench, ["overlap": "allow"])
        try await bench.engine.register(
            TestFlows.single("ask", id: "job", flow: ["version": "1.1.0", "inputSchema": ["required": ["must"]]]))
        try await minute(bench)
        let tick = try #require(try await bench.engine.ticks(of: id).first)
        #expect(tick.decision == .failed && tick.executionID == nil)
        #expect(tick.error?.contains("inputSchema") == true)
        try await bench.engine.updateSchedule(id, ["flowVersion": "1.0.0"])
        try await minute(bench)
        #expect(try await decisions(bench, id) == [.failed, .fired])
    }

    @Test func `with skip nothing starts while the last execution is unfinished`() async throws {
        let bench = try await bench()
        let id = try await make(bench)
        try await minute(bench, 3)
        #expect(try await decisions(bench, id) == [.fired, .skippedOverlap, .skippedOverlap])
        try await end(bench, try await bench.engine.ticks(of: id).last?.executionID)
        try await minute(bench)
        #expect(try await decisions(bench, id).last == .fired)
    }

    @Test func `buffered ticks run one after the other, also when the instance that buffered them is gone`()
        async throws
    {
        let bench = try await bench()
        let id = try await make(bench, ["overlap": "bufferAll"])
        try await minute(bench, 3)
        #expect(try await decisions(bench, id) == [.fired, .buffered, .buffered])
        let other = Engine(store: bench.store, clock: bench.clock)
        for number in 1...3 {
            let ticks = try await bench.engine.ticks(of: id).reversed()
            #expect(ticks.compactMap(\.executionID).count == number)
            try await end(bench, ticks.compactMap(\.executionID).last)
            try await other.decideTicks()
        }
        #expect(try await bench.engine.schedule(id).waitingCount == 0)
        #expect(try await decisions(bench, id) == [.fired, .buffered, .buffered])
    }

    @Test func `with bufferOne one tick waits`() async throws {
        let bench = try await bench()
        let id = try await make(bench, ["overlap": "bufferOne"])
        try await minute(bench, 4)
        #expect(try await decisions(bench, id) == [.fired, .buffered, .skippedOverlap, .skippedOverlap])
    }

    @Test func `with cancelOther the tick takes the place of the unfinished execution`() async throws {
        let bench = try await bench()
        let id = try await make(bench, ["overlap": "cancelOther"])
        try await minute(bench, 2)
        let ticks = try await bench.engine.ticks(of: id)
        #expect(ticks.map(\.decision) == [.fired, .fired])
        let first = try await bench.engine.execution(try #require(ticks.last?.executionID))
        #expect(first.status == .cancelled)
        #expect(try await bench.engine.execution(try #require(ticks.first?.executionID)).status == .pending)
    }

    @Test func `after an outage the last tick runs, and every other has its row`() async throws {
        let bench = try await bench()
        let id = try await make(bench)
        bench.clock.advance(by: .seconds(2_500 * 60))
        try await bench.engine.decideTicks()
        let ticks = try await bench.engine.ticks(of: id, limit: 5_000)
        #expect(ticks.count == 2_500 && Set(ticks.map(\.at)).count == 2_500)
        #expect(ticks.filter { $0.decision == .fired }.map(\.at) == [bench.clock.now])
        #expect(ticks.dropFirst().allSatisfy { $0.decision == .skippedLate })
        #expect(try await bench.engine.schedule(id).record.nextTick == bench.clock.now + .seconds(60))
    }

    @Test func `five engines that try at once decide each tick once`() async throws {
        let bench = try await bench()
        var ids: [ScheduleID] = []
        for number in 0..<30 { ids.append(try await make(bench, ["name": .string("s\(number)"), "overlap": "allow"])) }
        let engines = (0..<5).map { _ in Engine(store: bench.store, clock: bench.clock) }
        for _ in 0..<5 {
            bench.clock.advance(by: .seconds(60))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for engine in engines { group.addTask { try await engine.decideTicks() } }
                try await group.waitForAll()
            }
            // Who loses a race leaves it to the winner.
            try await bench.engine.decideTicks()
        }
        for id in ids {
            let ticks = try await bench.engine.ticks(of: id)
            #expect(ticks.map(\.at) == (1...5).reversed().map { Self.start + .seconds(60 * $0) })
            #expect(Set(ticks.compactMap(\.executionID)).count == 5)
        }
        #expect(try await bench.store.list(.all).count == 150)
    }

    /// Somebody else leads, whatever is asked.
    private struct Usurper: LeaderElection {
        func campaign(_ duty: String, candidate: String, ttl: Duration) async throws -> Bool { false }
        func resign(_ duty: String, candidate: String) async throws {}
        func leader(of duty: String) async throws -> String? { "nonsense" }
    }

    @Test func `ticks are decided although somebody leads who decides none`() async throws {
        let bench = try await bench()
        let id = try await make(bench)
        var coordination = Coordination.inProcess(clock: bench.clock)
        coordination.leaders = Usurper()
        let engine = Engine(store: bench.store, coordination: coordination, clock: bench.clock)
        let service = Task { try await engine.run() }
        while try await decisions(bench, id).count < 3 {
            bench.clock.advance(by: .seconds(1))
            for _ in 0..<20 { await Task.yield() }
        }
        service.cancel()
        try await service.value
    }

    @Test(arguments: [FaultyStore.Fault.crashBefore, .crashAfter])
    func `an engine that dies while it decides loses no tick and doubles none`(_ fault: FaultyStore.Fault) async throws
    {
        let bench = try await bench()
        let id = try await make(bench, ["overlap": "allow"])
        for _ in 0..<4 {
            bench.clock.advance(by: .seconds(60))
            let dying = Engine(store: FaultyStore(bench.store, faults: [1: fault]), clock: bench.clock)
            await #expect(throws: CancellationError.self) { try await dying.decideTicks() }
            try await bench.engine.decideTicks()
        }
        #expect(
            try await bench.engine.ticks(of: id).map(\.at) == (1...4).reversed().map { Self.start + .seconds(60 * $0) })
        #expect(try await bench.store.list(.all).count == 4)
    }

    @Test func `an execution begins up to the jitter after its tick`() async throws {
        let bench = try await bench()
        let id = try await make(bench, ["jitterMs": 50_000, "overlap": "allow"])
        try await minute(bench)
        let tick = try #require(try await bench.engine.ticks(of: id).first)
        #expect(tick.at == Self.start + .seconds(60))
        let worker = WorkerID(raw: .v4(random: 1, 2))
        try await bench.store.register(WorkerRecord(id: worker, podID: nil, handlers: ["ask"]))
        let schedule = try await bench.engine.schedule(id).record.schedule
        let delay = schedule.delay(of: tick.at, in: id)
        #expect(delay > .zero && delay <= .seconds(50))
        let request = {
            ClaimRequest(
                ownership: Ownership(workerID: worker, claimID: ClaimID(raw: .v4(random: 3, 4)), lease: .seconds(10)),
                handlers: ["ask"],
                handlerWait: .seconds(600), limit: 10)
        }
        bench.clock.advance(to: tick.at + delay + .microseconds(-1))
        #expect(try await bench.store.claim(request()).claims.isEmpty)
        bench.clock.advance(by: .microseconds(1))
        #expect(try await bench.store.claim(request()).claims.map(\.executionID) == [tick.executionID])
    }

    // MARK: - What people do

    @Test func `the same schedule again is the same, another of its name a conflict`() async throws {
        let bench = try await bench()
        let first = try await bench.engine.createSchedule(definition())
        let again = try await bench.engine.createSchedule(definition())
        #expect(first.created && !again.created && first.state.record.id == again.state.record.id)
        await #expect(throws: EngineError.self) {
            try await bench.engine.createSchedule(definition(["intervalMs": 30_000]))
        }
        let set = try await bench.engine.schedule("s", .every(.seconds(30)), "job")
        #expect(set.record.id == first.state.record.id && set.record.revision == 2)
        #expect(set.record.nextTick == Self.start + .seconds(30))
        #expect(try await bench.engine.schedule("s", .every(.seconds(30)), "job").record.revision == 2)
    }

    @Test func `every problem of a schedule is told`() async throws {
        let bench = try await bench()
        let error = try await #require(throws: EngineError.self) {
            try await bench.engine.createSchedule(
                ["name": "a/b", "flowId": "job", "cron": "0 0 * * *", "timeZone": "Berlin", "priority": 5, "tag": ""])
        }
        #expect(Set(error.problems.map(\.pointer.description)) == ["/name", "/timeZone", "/tag"], "\(error)")
        let missing = try await #require(throws: EngineError.self) {
            try await bench.engine.createSchedule(definition(["flowId": "nothing"]))
        }
        #expect(missing.code == .flowNotFound)
        let never = try await #require(throws: EngineError.self) {
            try await bench.engine.createSchedule(definition(["endAt": "2020-01-01T00:00:00Z"]))
        }
        #expect(never.problems.map(\.code) == ["NEVER_FIRES"])
    }

    @Test func `a paused schedule has no ticks, and goes on after now`() async throws {
        let bench = try await bench()
        let id = try await make(bench, ["overlap": "allow"])
        try await minute(bench)
        try await bench.engine.pauseSchedule(id)
        try await minute(bench, 3)
        try await bench.engine.resumeSchedule(id)
        try await minute(bench)
        #expect(try await bench.engine.ticks(of: id).map(\.at) == [5, 1].map { Self.start + .seconds(60 * $0) })
    }

    @Test func `an edit loses no tick that was due, and doubles none`() async throws {
        let bench = try await bench()
        let id = try await make(bench, ["overlap": "allow"])
        bench.clock.advance(by: .seconds(60))
        let edited = try await bench.engine.updateSchedule(id, ["intervalMs": 30_000])
        #expect(edited.record.revision == 2 && edited.record.nextTick == Self.start + .seconds(90))
        #expect(try await decisions(bench, id) == [.fired], "the old tick was decided first")
        try await bench.engine.updateSchedule(id, ["cron": "* * * * *"])
        bench.clock.advance(by: .seconds(60))
        try await bench.engine.decideTicks()
        #expect(try await bench.engine.ticks(of: id).map(\.at) == [2, 1].map { Self.start + .seconds(60 * $0) })
        let stale = try await #require(throws: EngineError.self) {
            try await bench.engine.updateSchedule(id, revision: 1, ["tag": "x"])
        }
        #expect(stale.code == .scheduleConflict)
    }

    @Test func `a trigger has a tick now, by the policy or by another`() async throws {
        let bench = try await bench()
        let id = try await make(bench)
        try await bench.engine.pauseSchedule(id)
        let first = try await bench.engine.triggerSchedule(id)
        let second = try await bench.engine.triggerSchedule(id)
        let third = try await bench.engine.triggerSchedule(id, overlap: .allow)
        #expect([first, second, third].map(\.decision) == [.fired, .skippedOverlap, .fired])
        #expect(Set([first, second, third].map(\.at)).count == 3 && first.source == .trigger)
        #expect(
            try await bench.engine.execution(try #require(first.executionID)).creation.metadata?["schedule"]?["source"]
                == "trigger")
    }

    @Test func `a backfill runs what has started nothing, and its preview says what`() async throws {
        let bench = try await bench()
        let id = try await make(bench)
        bench.clock.advance(by: .seconds(600))
        try await bench.engine.decideTicks()
        let (from, to) = (Self.start, Self.start + .seconds(720))
        let preview = try await bench.engine.backfillSchedule(id, from: from, through: to, isPreview: true)
        #expect(preview.ticks.count == 10 && preview.alreadyStarted == 1 && preview.decided.isEmpty)
        #expect(preview.ticks.first == Self.start, "before the schedule was made")
        let done = try await bench.engine.backfillSchedule(id, from: from, through: to, overlap: .allow)
        #expect(done.decided.count == 10 && done.decided.allSatisfy { $0.decision == .fired && $0.source == .backfill })
        let again = try await bench.engine.backfillSchedule(id, from: from, through: to, overlap: .allow)
        #expect(again.ticks.isEmpty && again.alreadyStarted == 11)
        #expect(try await bench.store.list(.all).count == 11)
    }

    @Test func `a schedule for one time fires once, and a late one by its window`() async throws {
        let bench = try await bench()
        let id = try await bench.engine.schedule("once", .at(Self.start + .seconds(90)), "job").record.id
        try await minute(bench, 4)
        #expect(try await bench.engine.ticks(of: id).map(\.at) == [Self.start + .seconds(90)])
        #expect(try await bench.engine.schedule(id).record.nextTick == .distantFuture)
        let late = try await bench.engine.schedule("late", .at(Self.start + .seconds(-7_200)), "job").record.id
        try await bench.engine.decideTicks()
        #expect(try await decisions(bench, late) == [.skippedLate])
    }

    @Test func `a cron schedule without a zone is in the engine's`() async throws {
        let bench = try await bench { $0.timeZone = "America/New_York" }
        let state = try await bench.engine.schedule("nightly", .cron("0 2 * * *"), "job")
        #expect(state.record.schedule.times.timeZone == "America/New_York")
        #expect(state.record.nextTick.description == "2026-01-01T07:00:00.000000Z")
        let next = try bench.engine.nextTicks(of: state.record.schedule, after: Self.start, count: 2)
        #expect(next.map(\.description) == ["2026-01-01T07:00:00.000000Z", "2026-01-02T07:00:00.000000Z"])
    }
}

extension ExecutionQuery {
    fileprivate static var all: ExecutionQuery {
        var query = ExecutionQuery()
        query.limit = 1_000
        return query
    }
}
