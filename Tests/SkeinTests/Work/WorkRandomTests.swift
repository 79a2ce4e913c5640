import Skein
import SkeinCore
import Testing

/// Workers outside that die, freeze, lose answers and say things twice, with people in between.
@Suite(.everyStore, .timeLimit(.minutes(3)))
struct WorkRandomTests {
    private static let types = ["charge", "refund"]

    private static let flow: JSONValue = [
        "id": "wild", "version": "1.0.0", "initialStepId": "begin",
        "steps": [
            "begin": ["type": "echo", "transitions": ["onSuccess": ["a", "b", "c"]]],
            "a": [
                "type": "charge", "timeoutMs": 15_000, "retry": ["maxAttempts": 3, "backoffMs": 1_000],
                "outputKey": "a", "transitions": ["onSuccess": "a2"],
            ],
            "a2": [
                "type": "charge", "outputKey": "a2", "compensate": ["type": "refund"],
                "transitions": ["onSuccess": "meet"],
            ],
            "b": [
                "type": "charge", "heartbeatMs": 4_000, "retry": ["maxAttempts": 5, "backoffMs": 0], "outputKey": "b",
                "transitions": ["onSuccess": "meet"],
            ],
            "c": ["type": "echo", "outputKey": "c", "transitions": ["onSuccess": "meet"]],
            "meet": ["type": "echo", "join": ["a2", "b", "c"], "transitions": ["onSuccess": "last"]],
            "last": ["type": "charge", "outputKey": "last", "transitions": ["onSuccess": nil]],
        ],
    ]

    /// A generator that one seed determines.
    private struct Dice {
        var state: UInt64

        mutating func below(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(limit))
        }

        mutating func percent(_ share: Int) -> Bool { below(100) < share }
    }

    /// What workers have in their hands, and what they have told.
    private struct Hands {
        var items: [WorkItem] = []
        var workers: [WorkerID] = []
        var names: Set<WorkerID> = []
        var told: [(handle: WorkHandle, output: JSONValue)] = []
        /// Ends that were accepted, and not as a repetition, by execution and token.
        var accepted: [ExecutionID: Set<Int64>] = [:]
        var twice: [WorkHandle] = []

        mutating func accept(_ handle: WorkHandle, _ answer: WorkAnswer) {
            if answer.isRepeat { return }
            if !accepted[handle.executionID, default: []].insert(handle.fencingToken).inserted { twice.append(handle) }
        }
    }

    @Test(arguments: 0..<12)
    func `whatever workers do, each end counts once and every execution ends`(seed: Int) async throws {
        var dice = Dice(state: UInt64(seed) &* 7_919 &+ 17)
        let bench = try await WorkBench()
        try await bench.engine.register(Self.flow)
        var hands = Hands()
        var ids: [ExecutionID] = []
        for _ in 0..<6 { ids.append(try await bench.engine.create("wild", context: ["amount": 1]).execution.id) }
        for _ in 0..<150 { try await act(bench, &hands, ids, &dice) }
        for id in ids { _ = try? await bench.engine.resume(id) }
        for _ in 0..<200 {
            try await claim(bench, &hands, bench.engine, losing: 0, &dice)
            for item in hands.items { try await complete(bench, &hands, item, bench.engine) }
            hands.items = []
            bench.clock.advance(by: .seconds(1))
            var open = false
            for id in ids where try await !bench.engine.execution(id).status.isEnded { open = true }
            if !open { break }
        }
        #expect(hands.twice.isEmpty, "seed \(seed)")
        for id in ids { try await judge(id, bench, hands, seed) }
    }

    private func act(_ bench: WorkBench, _ hands: inout Hands, _ ids: [ExecutionID], _ dice: inout Dice) async throws {
        let engine = dice.percent(50) ? bench.engine : bench.other
        switch dice.below(100) {
        case 0..<25: try await claim(bench, &hands, engine, losing: 15, &dice)
        case 25..<65:
            guard !hands.items.isEmpty else { return }
            let item = hands.items.remove(at: dice.below(hands.items.count))
            switch dice.below(100) {
            case 0..<60: try await complete(bench, &hands, item, engine)
            case 60..<75:
                try await tell(&hands, item.handle) {
                    try await engine.work.fail(item.handle, StepFailure("BUSY", isRetryable: dice.percent(85)))
                }
            case 75..<85 where !item.isCompensation:
                try await tell(&hands, item.handle) {
                    try await engine.work.wait(item.handle, WorkWait(until: .delay(.seconds(2))))
                }
            default:
                let pulse = try await engine.work.heartbeat([WorkBeat(item.handle, progress: Progress(percent: 1))])
                if !pulse[0].isCancelled || dice.percent(50) { hands.items.append(item) }
            }
        case 65..<72:
            guard let (handle, output) = hands.told.last else { return }
            let code = await refusal { try await engine.work.complete(handle, output: output) }
            #expect(code == nil, "what was accepted is accepted again")
        case 72..<88: try await settle(bench, engine)
        case 88..<96: bench.clock.advance(by: .milliseconds(Int64(dice.below(7_000))))
        case 96..<98: _ = try? await engine.pause(ids[dice.below(ids.count)])
        default: _ = try? await engine.resume(ids[dice.below(ids.count)])
        }
        // The instances themselves never die here.
        for instance in [bench.engine, bench.other] { _ = try await bench.store.heartbeat(instance.workerID) }
    }

    private func settle(_ bench: WorkBench, _ engine: Engine) async throws {
        for _ in 0..<20 where try await engine.driveDue(limit: 100).claimed == 0 { return }
    }

    private func claim(
        _ bench: WorkBench, _ hands: inout Hands, _ engine: Engine, losing share: Int, _ dice: inout Dice
    ) async throws {
        try await settle(bench, engine)
        let known = hands.workers.isEmpty || dice.percent(10) ? nil : hands.workers[dice.below(hands.workers.count)]
        let batch = try await engine.work.claim(
            WorkRequest(handlers: Self.types, limit: 1 + dice.below(4), workerID: known))
        if !hands.names.contains(batch.workerID) {
            hands.workers = Array((hands.workers + [batch.workerID]).suffix(3))
            hands.names.insert(batch.workerID)
        }
        if !dice.percent(share) { hands.items += batch.items }
    }

    private func complete(_ bench: WorkBench, _ hands: inout Hands, _ item: WorkItem, _ engine: Engine) async throws {
        let output = JSONValue.int(item.handle.fencingToken)
        let isKept = try await tell(&hands, item.handle) {
            try await engine.work.complete(item.handle, output: output)
        }
        if isKept { hands.told.append((item.handle, output)) }
    }

    /// False: it was refused, as only what is no longer the worker's may be.
    @discardableResult
    private func tell(_ hands: inout Hands, _ handle: WorkHandle, _ body: () async throws -> WorkAnswer) async throws
        -> Bool
    {
        do {
            hands.accept(handle, try await body())
            return true
        } catch let error as EngineError where error.code == .fenced {
            return false
        }
    }

    private func judge(_ id: ExecutionID, _ bench: WorkBench, _ hands: Hands, _ seed: Int) async throws {
        let execution = try await bench.engine.execution(id)
        #expect(execution.status.isEnded, "seed \(seed): \(execution.status)")
        let events = try await bench.engine.events(of: id, limit: .max)
        #expect(events.map(\.seq) == Array(1...Int64(events.count)))
        let ends: Set = [
            "step.completed", "step.failed", "step.suspended", "step.compensated", "step.compensation_failed",
        ]
        let theirs = events.filter { ends.contains($0.type) && $0.workerID.map(hands.names.contains) == true }
        #expect(
            theirs.count == hands.accepted[id]?.count ?? 0, "seed \(seed): what was accepted is in the log, and no more"
        )
        for event in theirs where event.type.hasPrefix("step.c") == (event.type == "step.completed") {
            let starts = events.filter {
                $0.type == "step.started" && $0.stepID == event.stepID && $0.attempt == event.attempt
                    && $0.startedAt == event.startedAt && $0.workerID == event.workerID && $0.seq < event.seq
            }
            #expect(starts.count >= 1, "seed \(seed): every end has its start")
        }
        if execution.status == .completed {
            let last = events.last { $0.type == "step.completed" && $0.stepID == "last" }
            #expect(last?.metadata["output"] == execution.context["last"])
        }
    }
}
