import Skein
import SkeinCore
import Testing

@Suite(.everyStore, .timeLimit(.minutes(3)))
struct CreateTests {
    @Test func `an unknown flow is named`() async throws {
        let bench = try await Bench()
        let error = await #expect(throws: EngineError.self) { try await bench.engine.create("nothing") }
        #expect(error?.code == .flowNotFound)
    }

    @Test func `every bad option is reported at once, with its place`() async throws {
        let bench = try await Bench()
        try await bench.engine.register(TestFlows.single("echo"))
        let options = CreateOptions(
            tenantID: "", idempotencyKey: "a\nb", idempotencyTTL: .milliseconds(10), priority: 1_000,
            delay: .seconds(-1))
        let error = await #expect(throws: EngineError.self) {
            try await bench.engine.create("single", context: ["x": "nul \0"], options: options)
        }
        #expect(
            Set(error?.problems.map(\.pointer.description) ?? [])
                == ["/tenantId", "/idempotencyKey", "/idempotencyTtlMs", "/priority", "/delayMs", "/context/x"])
    }

    @Test func `the same key gives the same execution, another context is a mismatch`() async throws {
        let bench = try await Bench()
        try await bench.engine.register(TestFlows.single("echo"))
        let first = try await bench.engine.create(
            "single", context: ["n": 1], options: CreateOptions(idempotencyKey: "k"))
        let again = try await bench.engine.create(
            "single", context: ["n": 1], options: CreateOptions(idempotencyKey: "k"))
        #expect(first.created && !again.created && again.execution.id == first.execution.id)
        let error = await #expect(throws: EngineError.self) {
            try await bench.engine.create("single", context: ["n": 2], options: CreateOptions(idempotencyKey: "k"))
        }
        #expect(error?.code == .idempotencyMismatch)
        let forced = try await bench.engine.create(
            "single", context: ["n": 2], options: CreateOptions(idempotencyKey: "k", onMismatch: .returnExisting))
        #expect(forced.execution.id == first.execution.id && forced.execution.context["n"] == 1)
        let tenant = try await bench.engine.create("single", options: CreateOptions(tenantID: "t", idempotencyKey: "k"))
        #expect(tenant.created)
        bench.clock.advance(by: .seconds(86_401))
        #expect(try await bench.engine.create("single", options: CreateOptions(idempotencyKey: "k")).created)
    }

    @Test func `an engine creates with the version that another has just registered`() async throws {
        let bench = try await Bench()
        let other = Engine(store: bench.store, clock: bench.clock)
        try await bench.engine.register(TestFlows.single("echo"))
        #expect(try await bench.engine.create("single").execution.creation.flowVersion == "1.0.0")
        try await other.register(TestFlows.single("echo", flow: ["version": "1.10.0"]))
        #expect(try await bench.engine.create("single").execution.creation.flowVersion == "1.10.0")
        try await other.register(TestFlows.single("echo", flow: ["version": "1.9.0"]))
        #expect(try await bench.engine.create("single").execution.creation.flowVersion == "1.10.0")
        let keyed = try await bench.engine.create("single", options: CreateOptions(idempotencyKey: "k"))
        #expect(keyed.execution.creation.flowVersion == "1.10.0")
    }

    @Test func `a hundred concurrent creations with one key make one execution`() async throws {
        let bench = try await Bench()
        try await bench.engine.register(TestFlows.single("echo"))
        let ids = try await withThrowingTaskGroup(of: ExecutionID.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    try await bench.engine.create("single", options: CreateOptions(idempotencyKey: "k")).execution.id
                }
            }
            return try await group.reduce(into: Set<ExecutionID>()) { $0.insert($1) }
        }
        #expect(ids.count == 1)
    }

    @Test func `a new version is the latest by semantic version, and executions keep theirs`() async throws {
        let bench = try await Bench()
        try await bench.engine.register(TestFlows.single("echo", flow: ["version": "9.0.0"]))
        try await bench.engine.register(TestFlows.single("echo", flow: ["version": "10.0.0"]))
        #expect(try await bench.engine.create("single").execution.creation.flowVersion == "10.0.0")
        let pinned = try await bench.engine.create("single", options: CreateOptions(flowVersion: "9.0.0"))
        #expect(pinned.execution.creation.flowVersion == "9.0.0")
    }

    @Test func `the same definition again is fine, another content of a version is a conflict`() async throws {
        let bench = try await Bench()
        #expect(try await bench.engine.register(TestFlows.single("echo")).isNew)
        #expect(try await !bench.engine.register(TestFlows.single("echo")).isNew)
        let error = await #expect(throws: EngineError.self) {
            try await bench.engine.register(TestFlows.single("echo", flow: ["description": "other"]))
        }
        #expect(error?.code == .flowConflict)
    }

    @Test func `a cancel ends an execution once and says what was before`() async throws {
        let bench = try await Bench()
        try await bench.engine.register(TestFlows.single("echo"))
        let id = try await bench.engine.create("single").execution.id
        let first = try await bench.engine.cancel(id, reason: "changed my mind")
        #expect(first.cancelled && first.previousStatus == .pending)
        #expect(first.execution.cancellation == Cancellation(source: .user, reason: "changed my mind"))
        let second = try await bench.engine.cancel(id)
        #expect(!second.cancelled && second.previousStatus == .cancelled)
        #expect(try await bench.engine.run(id).status == .cancelled)
    }

    @Test func `an execution that does not run by itself is driven step by step`() async throws {
        let bench = try await Bench()
        try await bench.engine.register(TestFlows.chain("echo", count: 3))
        let id = try await bench.engine.create("chain", options: CreateOptions(autoRun: false)).execution.id
        let one = try await bench.engine.step(id)
        #expect(one.currentSteps == ["s2"] && one.stepCount == 1)
        let two = try await bench.engine.step(id)
        #expect(two.currentSteps == ["s3"])
        #expect(try await bench.engine.run(id).status == .completed)
    }
}
