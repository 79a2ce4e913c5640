// The steps of the flows under test, as SimulatedFlow describes them, with a real clock and a ledger.

import Foundation
import Skein
import SkeinCore

/// Handlers that write down what they do and claim an effect outside.
struct ChaosHandlers: Sendable {
    typealias Body = @Sendable (StepContext) async throws -> StepResult<JSONValue>

    let ledger: HandlerLedger
    let resource: ResourceClient?
    /// The longest that a step takes by itself.
    let dawdle: Duration

    func equip(_ engine: Engine) {
        add("work", to: engine) { .success(.string("\($0.stepID)@\($0.fencingToken)")) }
        add("flaky", to: engine) { $0.attempt < 3 ? .failure("FLAKY") : .success("at last") }
        add("stubborn", to: engine) { _ in .failure("STUBBORN") }
        add("broken", to: engine) { _ in .failure("BROKEN", isRetryable: false) }
        add("slow", to: engine) { step in
            try await step.clock.sleep(for: Self.delay(step))
            return .success("slowly")
        }
        add("undo", to: engine) { _ in .success(nil) }
        add("stumble", to: engine) { $0.attempt < 2 ? .failure("STUMBLED") : .success(nil) }
        add("refuse", to: engine) { _ in .failure("REFUSED") }
        addCode(engine)
        addWaits(engine)
        for type in ["sub", "launch", "map"] { add(type, to: engine) { .children(Self.children(of: $0, type)) } }
        // What no process survives, and what never ends by itself.
        add("pill", to: engine) { _ in
            kill(getpid(), SIGKILL)
            return .success(nil)
        }
        add("hang", to: engine) { step in
            try await step.clock.sleep(for: .seconds(3_600))
            return .success(nil)
        }
        // Two lease lengths of pure computing, on whatever thread it gets.
        add("burn", to: engine) { step in
            let end = presentTime() + (step.config["delay"]?.int64 ?? 0) * 1_000
            var word: UInt64 = 1
            while presentTime() < end { for _ in 0..<10_000 { word = word &* 31 &+ 7 } }
            return .success(.int(Int64(word & 1)))
        }
    }

    private func addCode(_ engine: Engine) {
        add("code", to: engine) { step in
            let one = try await step.run("one") { 1 }
            try await step.sleep(for: Self.delay(step))
            let two = try await step.run("two") { one + 1 }
            return .success(.int(Int64(two)))
        }
        add("fan", to: engine) { step in
            let parts = try await step.fanOut("part", over: [1, 2, 3], concurrency: 2) { $0 * 2 }
            return .success(.array(parts.map { .int(Int64($0)) }))
        }
        add("listen", to: engine) { step in
            let name = step.config["signal"]?.string ?? "go"
            let first = try await step.waitForSignal(named: name, timeout: .seconds(600))
            let count = try await step.run("count") { 1 }
            return .success(.array([first ?? .null, .int(Int64(count))]))
        }
    }

    private func addWaits(_ engine: Engine) {
        add("timer", to: engine) { step in
            if let until = step.context["until"]?.string.flatMap({ Timestamp($0) }) {
                return .wait(WaitRequest(until: .time(until)))
            }
            return .wait(WaitRequest(until: .time(step.now + Self.delay(step))))
        }
        add("signal", to: engine) { step in
            .wait(WaitRequest(until: .signal(step.config["signal"]?.string ?? "go"), timeout: .seconds(3_600)))
        }
        add("manual", to: engine) { _ in .wait(WaitRequest(until: .resume, timeout: .seconds(3_600))) }
    }

    /// Registers a body with a line in the ledger before and after it, and an effect outside in between.
    private func add(_ type: String, to engine: Engine, _ body: @escaping Body) {
        engine.handle(type) { _, step in
            ledger.start(step)
            do {
                if dawdle > .zero { try await step.clock.sleep(for: dawdle * Double.random(in: 0...1)) }
                await resource?.claim(step)
                let result = try await body(step)
                ledger.end(step, Self.name(result))
                return result
            } catch {
                ledger.end(step, error is CancellationError ? "cancelled" : "left")
                throw error
            }
        }
    }

    private static func name(_ result: StepResult<JSONValue>) -> String {
        switch result {
        case .completed: "completed"
        case .failed: "failed"
        case .wait: "waiting"
        case .children: "children"
        }
    }

    private static func children(of step: StepContext, _ type: String) -> ChildrenRequest {
        let contexts = (0..<(step.config["count"]?.int ?? 1)).map { index -> JSONObject in
            ["go": step.context["go"] ?? true, "index": .int(Int64(index))]
        }
        var request = ChildrenRequest(
            step.config["flow"]?.string ?? "", contexts: contexts, concurrency: step.config["concurrency"]?.int)
        request.collects = step.config["collects"] == true
        request.isMap = type == "map"
        request.awaits = type != "launch"
        return request
    }

    private static func delay(_ step: StepContext) -> Duration { .milliseconds(step.config["delay"]?.int64 ?? 0) }
}
