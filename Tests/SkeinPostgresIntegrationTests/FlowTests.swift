import PostgresClient
import Skein
import SkeinCore
import SkeinPostgres
import Synchronization
import Testing

/// The engine's flows on the real store: what the in-memory tests say of them, where the store has a part in it.
@Suite(.enabled(if: TestDatabase.isSet, TestDatabase.reason), .timeLimit(.minutes(2)))
struct FlowTests {
    private final class Ledger: Sendable {
        private let entries = Mutex<[String]>([])
        func note(_ entry: String) { entries.withLock { $0.append(entry) } }
        var all: [String] { entries.withLock { $0 } }
        func count(_ entry: String) -> Int { all.count { $0 == entry } }
    }

    private static func engine(_ store: PostgresExecutionStore, _ ledger: Ledger) -> Engine {
        let engine = Engine(store: store)
        engine.handle("note") { _, step in
            ledger.note(step.stepID.rawValue)
            return .success(.string(step.stepID.rawValue))
        }
        engine.handle("fail") { _, _ in .failure("NO", isRetryable: false) }
        engine.handle("undo") { input, _ in
            ledger.note("undo \(input.string ?? "?")")
            return .success(nil)
        }
        return engine
    }

    private static func running<Result: Sendable>(
        _ engines: [Engine], _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for engine in engines { group.addTask { try await engine.run() } }
            let result = try await body()
            group.cancelAll()
            return result
        }
    }

    /// a, then b and c at once, then d; b and c are undone.
    private static func diamond(last: JSONValue) -> JSONValue {
        func step(_ next: JSONValue, _ more: JSONObject = [:]) -> JSONValue {
            var step: JSONObject = ["type": "note", "transitions": ["onSuccess": next], "compensate": ["type": "undo"]]
            step.merge(more)
            return .object(step)
        }
        return [
            "id": "diamond", "version": "1.0.0", "initialStepId": "a",
            "steps": [
                "a": ["type": "note", "transitions": ["onSuccess": ["b", "c"]]], "b": step("d"), "c": step("d"),
                "d": ["type": last, "transitions": ["join": ["b", "c"]]],
            ],
        ]
    }

    @Test func `branches, a rollback and a retry of what failed`() async throws {
        try await TestDatabase.withStore { store, schema in
            let ledger = Ledger()
            let engine = Self.engine(store, ledger)
            try await engine.register(Self.diamond(last: "fail"))
            let id = try await engine.create("diamond").execution.id
            let end = try await engine.run(id)
            #expect(end.status == .rolledBack && ledger.count("a") == 1)
            #expect(Set(ledger.all.suffix(2)) == ["undo b", "undo c"])
            let outcomes = try await schema.rows("SELECT status FROM outcomes WHERE execution_id = '\(id)'")
            #expect(try outcomes.map { try $0.int16(0) } == [13])

            let steps = try await schema.rows(
                "SELECT step_id, status FROM steps WHERE execution_id = '\(id)' ORDER BY step_id")
            #expect(try steps.map { try $0.string(1) } == ["completed", "compensated", "compensated", "failed"])

            // From d again: the row of its end goes away, and comes back with the new one.
            engine.handle("fail") { _, _ in .success("fine") }
            let reopened = try await engine.retry(id, from: "d", by: Intervention(actor: "ann"))
            #expect(!reopened.status.isEnded)
            #expect(try await schema.rows("SELECT FROM outcomes WHERE execution_id = '\(id)'").isEmpty)
            let final = try await engine.run(id)
            #expect(final.status == .completed)
            let again = try await schema.rows("SELECT status FROM outcomes WHERE execution_id = '\(id)'")
            #expect(try again.map { try $0.int16(0) } == [10])
            let events = try await engine.events(of: id)
            #expect(events.map(\.seq) == Array(1...Int64(events.count)))
            let listed = try await schema.rows("SELECT seq FROM events WHERE execution_id = '\(id)' ORDER BY seq")
            #expect(listed.count == events.count)
        }
    }

    @Test func `a pause holds an execution against every claim, and a resume lets it go`() async throws {
        try await TestDatabase.withStore { store, _ in
            let ledger = Ledger()
            let engine = Self.engine(store, ledger)
            try await engine.register(Self.diamond(last: "note"))
            var options = CreateOptions()
            options.autoRun = false
            let id = try await engine.create("diamond", options: options).execution.id
            #expect(try await engine.pause(id).status == .paused)
            #expect(try await engine.run(id).status == .paused && ledger.all.isEmpty)
            _ = try await engine.resume(id)
            #expect(try await engine.run(id).status == .completed)
        }
    }

    @Test func `children on two engines are started once, counted exactly and gathered in order`() async throws {
        try await TestDatabase.withStore { store, schema in
            let ledger = Ledger()
            let engines = [Self.engine(store, ledger), Self.engine(store, ledger)]
            for engine in engines {
                engine.handle("spawn") { _, _ in
                    var request = ChildrenRequest(
                        "child", contexts: (0..<400).map { ["n": .int($0)] }, concurrency: 100)
                    request.isMap = true
                    return .children(request)
                }
                engine.handle("square") { input, step in
                    ledger.note("square")
                    return .success(.int((step.context["n"]?.int64 ?? 0) * 2))
                }
            }
            try await engines[0].register([
                "id": "child", "version": "1.0.0", "initialStepId": "s", "steps": ["s": ["type": "square"]],
            ])
            try await engines[0].register([
                "id": "parent", "version": "1.0.0", "initialStepId": "s", "steps": ["s": ["type": "spawn"]],
            ])
            let id = try await Self.running(engines) {
                let id = try await engines[0].create("parent").execution.id
                let end = try await engines[1].wait(for: id)
                #expect(end.status == .completed && end.result == .array((0..<400).map { .int($0 * 2) }))
                return id
            }
            #expect(ledger.count("square") == 400)
            let counts = try await schema.rows(
                "SELECT (SELECT count(*) FROM children WHERE parent_id = '\(id)'), (SELECT ended FROM rounds), (SELECT count(*) FROM fanin)"
            )
            #expect(try counts[0].int64(0) == 400 && counts[0].int32(1) == 400 && counts[0].int64(2) == 0)
        }
    }

    @Test func `a cancel takes the children along, also when the one who cancelled died before`() async throws {
        try await TestDatabase.withStore { store, _ in
            let engine = Self.engine(store, Ledger())
            engine.handle("spawn") { _, _ in .children(ChildrenRequest("child", contexts: [[:], [:]])) }
            engine.handle("sleep") { _, step in .wait(WaitRequest(until: .resume)) }
            try await engine.register([
                "id": "child", "version": "1.0.0", "initialStepId": "s", "steps": ["s": ["type": "sleep"]],
            ])
            try await engine.register([
                "id": "parent", "version": "1.0.0", "initialStepId": "s", "steps": ["s": ["type": "spawn"]],
            ])
            let id = try await engine.create("parent").execution.id
            _ = try await engine.step(id)
            let children = try await store.children(of: id, round: nil, from: 0, limit: 10)
            #expect(children.count == 2)
            // As by somebody who wrote the row and was never seen again.
            let body = LogBody(workerID: nil, at: engine.clock.now, events: [.cancelled(Cancellation(source: .user))])
            _ = try await store.cancel(id, operationID: Sample.operation(), at: Sample.time, body: body.encoded())
            #expect(try await store.cascades(limit: 10) == [id])
            try await Self.running([engine]) {
                for child in children {
                    let end = try await engine.wait(for: child)
                    #expect(end.status == .cancelled && end.cancellation?.source == .parent)
                }
                while try await !store.cascades(limit: 10).isEmpty { await Task.yield() }
            }
        }
    }

    @Test func `what a step's code recorded is found by another engine`() async throws {
        try await TestDatabase.withStore { store, _ in
            let ledger = Ledger()
            let engines = [Self.engine(store, ledger), Self.engine(store, ledger)]
            for engine in engines {
                engine.handle("code") { _, step in
                    let paid = try await step.run("pay") {
                        ledger.note("pay")
                        return "receipt"
                    }
                    let go = try await step.waitForSignal(named: "go")
                    return .success(["paid": .string(paid), "go": go ?? .null])
                }
            }
            try await engines[0].register([
                "id": "code", "version": "1.0.0", "initialStepId": "s", "steps": ["s": ["type": "code"]],
            ])
            let id = try await engines[0].create("code").execution.id
            #expect(try await engines[0].run(id).wait?.signal == "go")
            try await engines[1].signal(id, "go", payload: 1)
            let end = try await engines[1].run(id)
            #expect(end.result == ["paid": "receipt", "go": 1] && ledger.count("pay") == 1)
        }
    }
}
