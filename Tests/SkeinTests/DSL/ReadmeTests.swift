import Skein
import SkeinCore
import Testing

/// The README's flows, as they stand there, with a shop and a model to talk to.
@Suite(.timeLimit(.minutes(1)))
struct ReadmeTests {
    struct Payment: Codable, Sendable { let receipt: String }
    struct Approval: Codable, Sendable { let granted: Bool }
    struct Goal: Codable, Sendable { let text: String }

    struct Shop: Sendable {
        let ledger = Ledger()
        func reserve(_ id: String, key: String) async throws -> String { "r-\(id)" }
        func release(_ reservation: String) async throws { ledger.note("release \(reservation)") }
        func charge(_ total: Int, key: String) async throws -> Payment { Payment(receipt: "p-\(total)") }
        func pack(_ id: String) async throws { ledger.note("pack") }
        func invoice(_ id: String) async throws { ledger.note("invoice") }
    }

    struct Model: Sendable {
        func plan(_ goal: Goal) async throws -> String { "plan for \(goal.text)" }
        func act(_ plan: String) async throws -> String { "did \(plan)" }
    }

    struct Order: FlowState {
        let id: String, total: Int
        var reservation: String?, payment: Payment?, approval: Approval?
    }

    static func order(_ shop: Shop) -> Flow<Order> {
        Flow<Order>("order") {
            Step("reserve", into: \.reservation) { order, step in
                try await shop.reserve(order.id, key: step.idempotencyToken)
            } compensate: { _, reservation, _ in
                try await shop.release(reservation)
            }
            If("needs-approval", when: { $0.total > 1_000 }) {
                Wait(for: Signal<Approval>("approval"), into: \.approval, timeout: .hours(24))
            }
            Step("charge", into: \.payment, retries: 3, timeout: .seconds(30)) { order, step in
                try await shop.charge(order.total, key: step.idempotencyToken)
            }
            Parallel("fulfil") {
                Step("pack") { order, _ in try await shop.pack(order.id) }
                Step("invoice") { order, _ in try await shop.invoice(order.id) }
            }
        }
    }

    @Test func `the order flow charges, packs and invoices; a large one waits for approval`() async throws {
        let engine = Engine(store: InMemoryExecutionStore())
        let shop = Shop()
        let order = Self.order(shop)
        try await engine.register(order)
        let (execution, _) = try await engine.create(order, Order(id: "o-1", total: 120))
        _ = try await engine.run(execution.id)
        let done = try await engine.result(execution.id, of: order)
        #expect(done.payment?.receipt == "p-120" && shop.ledger.all.sorted() == ["invoice", "pack"])
        let (large, _) = try await engine.create(order, Order(id: "o-2", total: 2_000))
        #expect(try await engine.run(large.id).wait?.signal == "approval")
        try await engine.signal(large.id, Signal<Approval>("approval"), Approval(granted: true))
        _ = try await engine.run(large.id)
        #expect(try await engine.result(large.id, of: order).approval?.granted == true)
    }

    @Test func `the agent plans, is approved, sleeps and acts`() async throws {
        let clock = VirtualClock()
        let engine = Engine(store: InMemoryExecutionStore(clock: clock), clock: clock)
        let model = Model()
        let agent = DurableFlow<Goal, String>("agent") { goal, step in
            let plan = try await step.run("plan", retries: 3) { try await model.plan(goal) }
            guard try await step.waitForSignal(Signal<Bool>("approve"), timeout: .hours(1)) == true else {
                return "refused"
            }
            try await step.sleep(for: .minutes(5))
            return try await step.run("act") { try await model.act(plan) }
        }
        try await engine.register(agent)
        let (execution, _) = try await engine.create(agent, Goal(text: "tea"))
        _ = try await engine.run(execution.id)
        try await engine.signal(execution.id, Signal<Bool>("approve"), true)
        _ = try await engine.run(execution.id, simulateTime: true)
        #expect(try await engine.result(execution.id, of: agent) == "did plan for tea")
    }

    @Test func `a task waits for its children, then for a person`() async throws {
        let bench = try await TaskBench()
        let engine = bench.engine
        @Sendable func split(_ file: Import) throws -> [[String]] { [[file.file], [file.file, file.file]] }
        engine.task(.importFile, options: .init(maxRetries: 4, maxConcurrentTasks: 5)) { task, next in
            switch task.stage {
            case 0: return next(try split(task.payload).map { try ChildTask(.chunk, $0) })
            case 1: return .suspend(reason: "somebody has to look at it", context: [1])
            default: return .success(["is checked": .bool(task.context == [1])])
            }
        }
        engine.task(.chunk) { task, _ in .success(.int(Int64(task.payload.count))) }
        let id = try await engine.async(
            .importFile, Import(file: "a.csv"), options: .init(priority: 5, tag: "batch-1")
        ).execution.id
        try await bench.settle()
        #expect(try await engine.taskRecord(id).suspendReason == "somebody has to look at it")
        try await engine.resumeTask(id)
        try await bench.settle()
        #expect(try await engine.taskRecord(id).result == ["is checked": true])
    }

    struct Import: Codable, Sendable { let file: String }
}

extension TaskName where Payload == ReadmeTests.Import { fileprivate static var importFile: Self { "import" } }
extension TaskName where Payload == [String] { fileprivate static var chunk: Self { "chunk" } }
