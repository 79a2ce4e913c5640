import NIOHTTP1
import Skein
import SkeinCore
import Testing

@testable import SkeinHandlers

@Suite(.timeLimit(.minutes(1)))
struct ExampleTests {
    private let clock = VirtualClock()
    private let engine: Engine

    init() {
        engine = Engine(store: InMemoryExecutionStore(clock: clock), clock: clock)
        engine.addBuiltinHandlers(BuiltinHandlers.Configuration(egress: .loopbackAllowed))
    }

    private func start(_ name: String, _ context: JSONObject) async throws -> Execution {
        let flow = try await engine.register(try Example.load(name), strict: true).flow
        let id = try await engine.create(flow.id, context: context).execution.id
        return try await engine.run(id, simulateTime: false)
    }

    private static func order(_ server: TestServer) -> JSONObject {
        [
            "orderId": "A-17", "paymentUrl": .string("\(server.url)/charges"),
            "items": [["sku": "tea", "quantity": 2, "amount": 9.1], ["sku": "mug", "quantity": 1, "amount": 9.2]],
        ]
    }

    @Test(arguments: ["order", "approval", "nightly-report"])
    func `an example validates without errors and warnings`(name: String) throws {
        let validation = FlowSpec.validate(
            try Example.load(name), knownTypes: BuiltinHandlers.types,
            configCheck: { BuiltinHandlers.check(type: $0, config: $1, mayHaveInput: false) })
        #expect(validation.errors.isEmpty && validation.warnings.isEmpty, "\(validation.errors) \(validation.warnings)")
    }

    @Test func `an order is charged, after one failure, and confirmed`() async throws {
        let approved = Reply.json(#"{"approved": true, "reference": "P-1"}"#)
        try await TestServer.with({ _, count in count == 1 ? Reply(status: .serviceUnavailable) : approved }) {
            server in
            let context = Self.order(server)
            let flow = try await engine.register(try Example.load("order"), strict: true).flow
            let id = try await engine.create(flow.id, context: context).execution.id
            let execution = try await engine.run(id, simulateTime: true)
            #expect(execution.status == .completed, "\(String(describing: execution.error))")
            #expect(
                execution.context["outcome"] == [
                    "status": "confirmed", "orderId": "A-17", "amount": 18.3, "reservation": "R-A-17",
                    "reference": "P-1",
                ])
            let requests = server.seen.all
            #expect(requests.count == 2 && Set(requests.flatMap { $0.headers["idempotency-key"] }).count == 1)
            #expect(try JSONValue(parsing: requests[1].body) == ["orderId": "A-17", "amount": 18.3, "currency": "EUR"])
        }
    }

    @Test(arguments: [
        (Reply.json(#"{"approved": false, "reason": "limit"}"#), "declined", 1),
        (Reply.json("{}", .unprocessableEntity), "refused", 1),
        (Reply.json("{}", .internalServerError), "refused", 4),
    ])
    func `an order that is not paid takes its branch`(reply: Reply, status: String, requests: Int) async throws {
        try await TestServer.with({ _, _ in reply }) { server in
            let flow = try await engine.register(try Example.load("order"), strict: true).flow
            let id = try await engine.create(flow.id, context: Self.order(server)).execution.id
            let execution = try await engine.run(id, simulateTime: true)
            #expect(execution.status == .completed)
            #expect(execution.context["outcome"]?["status"] == .string(status))
            #expect(server.seen.all.count == requests)
        }
    }

    @Test func `an order without items is invalid`() async throws {
        let execution = try await start("order", ["orderId": "A-18", "paymentUrl": "http://127.0.0.1:1/", "items": []])
        #expect(execution.status == .failed && execution.error?.code == "INVALID_ORDER")
    }

    @Test(arguments: [(true, "approved"), (false, "rejected")])
    func `an approval goes the way the approver says`(answer: Bool, status: String) async throws {
        let id = try await parkedApproval()
        _ = try await engine.resume(id, data: ["approved": .bool(answer), "by": "Grace"])
        let final = try await engine.run(id, simulateTime: true)
        #expect(final.status == .completed)
        #expect(final.context["decision"]?["status"] == .string(status) && final.context["decision"]?["by"] == "Grace")
    }

    @Test func `an approval expires after three days, and small amounts need none`() async throws {
        let final = try await engine.run(try await parkedApproval(), simulateTime: true)
        #expect(final.status == .completed && final.context["decision"] == ["status": "expired"])
        let small = try await start("approval", ["requester": "Ada", "amount": 5])
        #expect(small.status == .completed && small.context["decision"]?["status"] == "approved")
    }

    private func parkedApproval() async throws -> ExecutionID {
        let flow = try await engine.register(try Example.load("approval"), strict: true).flow
        let id = try await engine.create(flow.id, context: ["requester": "Ada", "amount": 1_200]).execution.id
        var execution = try await engine.step(id)
        while execution.status == .pending || execution.status == .running { execution = try await engine.step(id) }
        #expect(execution.status == .waiting && execution.wait?.kind == .manual)
        #expect(execution.wait?.reason == "Ada asks for 1200")
        #expect(execution.wait?.timeoutAt == clock.now + .seconds(3 * 86_400))
        return id
    }

    @Test func `a wait with a token puts it out, for as long as the wait may last`() async throws {
        let flow: JSONValue = [
            "id": "guarded", "version": "1.0.0", "initialStepId": "ask",
            "steps": [
                "ask": [
                    "type": "wait", "outputKey": "answer", "transitions": ["onSuccess": nil],
                    "config": ["token": ["expiresInMs": 60_000, "metadata": ["to": "${who}"]], "timeoutMs": 5_000],
                ]
            ],
        ]
        try await engine.register(flow, strict: true)
        let id = try await engine.create("guarded", context: ["who": "ann"]).execution.id
        let waiting = try await engine.step(id)
        #expect(waiting.wait?.kind == .token && waiting.wait?.timeoutAt == clock.now + .seconds(5))
        let record = try #require(try await engine.tokens(of: id).first)
        #expect(record.expiresAt == clock.now + .seconds(5) && record.metadata == ["to": "ann"])
        let answer = try #require(waiting.context["answer"])
        #expect(answer["tokenId"]?.string == record.id.description)
        #expect(answer["expiresAt"]?.string == record.expiresAt.description)
        _ = try await engine.resume(token: answer["token"]?.string ?? "", data: ["ok": true])
        let done = try await engine.run(id)
        #expect(done.status == .completed && done.context["answer"] == ["ok": true])
    }

    @Test func `the report sums up what was paid`() async throws {
        let orders: JSONValue = [
            ["id": "A-1", "status": "paid", "amount": 19.9], ["id": "A-2", "status": "open", "amount": 5],
            ["id": "A-3", "status": "paid", "amount": 0.2],
        ]
        let flow = try await engine.register(try Example.load("nightly-report"), strict: true).flow
        let begun = clock.now
        let id = try await engine.create(flow.id, context: ["day": "2026-01-02", "orders": orders]).execution.id
        let execution = try await engine.run(id, simulateTime: true)
        #expect(execution.status == .completed)
        let settledAt = (begun + .seconds(3)).description
        #expect(
            execution.context["report"] == [
                "day": "2026-01-02", "orders": ["A-1", "A-3"], "count": 2, "revenue": 20.1,
                "title": "Orders of 2026-01-02",
                "settledAt": .string(settledAt),
            ])
        #expect(clock.now == begun + .seconds(3))
    }
}
