import Skein
import SkeinCore

extension SimulatedWorld {
    func equip(_ engine: Engine) {
        equipSteps(engine)
        equipWaits(engine)
        equipChildren(engine)
        engine.handle("undo") { [unowned self] _, _ in
            await dawdle()
            return .success(nil)
        }
        engine.handle("stumble") { _, step in step.attempt < 2 ? .failure("STUMBLED") : .success(nil) }
        engine.handle("refuse") { [unowned self] _, _ in isHealed ? .success(nil) : .failure("REFUSED") }
    }

    private func equipSteps(_ engine: Engine) {
        engine.handle("work") { [unowned self] _, step in
            await dawdle()
            return .success(.string("\(step.stepID)@\(step.fencingToken)"))
        }
        let narrow = HandlerMetadata(type: "flaky", limit: .concurrency(1))
        engine.handlers.register(
            AnyHandler(narrow) { [unowned self] _, step in
                await dawdle()
                return step.attempt < 3 ? .failure("FLAKY") : .success("at last")
            })
        engine.handle("stubborn") { [unowned self] _, _ in isHealed ? .success("healed") : .failure("STUBBORN") }
        engine.handle("broken") { [unowned self] _, _ in
            isHealed ? .success("healed") : .failure("BROKEN", isRetryable: false)
        }
        engine.handle("slow") { [unowned self] _, step in
            await dawdle()
            try await step.clock.sleep(for: Self.delay(step))
            return .success("slowly")
        }
        engine.handle("code") { [unowned self] _, step in
            let one = try await step.run("one") { 1 }
            await dawdle()
            try await step.sleep(for: Self.delay(step))
            let two = try await step.run("two") { one + 1 }
            return .success(.int(Int64(two)))
        }
        engine.handle("fan") { [unowned self] _, step in
            let parts = try await step.fanOut("part", over: [1, 2, 3], concurrency: 2) { [unowned self] number in
                await dawdle()
                return number * 2
            }
            return .success(.array(parts.map { .int(Int64($0)) }))
        }
        engine.handle("listen") { _, step in
            let name = step.config["signal"]?.string ?? "go"
            let first = try await step.waitForSignal(named: name, timeout: .seconds(600))
            let count = try await step.run("count") { 1 }
            return .success(.array([first ?? .null, .int(Int64(count))]))
        }
    }

    private func equipWaits(_ engine: Engine) {
        engine.handle("timer") { _, step in .wait(WaitRequest(until: .time(step.now + Self.delay(step)))) }
        engine.handle("signal") { [unowned self] _, step in
            await dawdle()
            return .wait(
                WaitRequest(until: .signal(step.config["signal"]?.string ?? "go"), timeout: .seconds(3_600)))
        }
        engine.handle("manual") { _, _ in .wait(WaitRequest(until: .resume, timeout: .seconds(3_600))) }
    }

    private func equipChildren(_ engine: Engine) {
        for type in ["sub", "launch", "map"] {
            engine.handle(type) { [unowned self] _, step in
                await dawdle()
                let count = step.config["count"]?.int ?? 1
                let contexts = (0..<count).map { index -> JSONObject in
                    ["go": step.context["go"] ?? true, "index": .int(Int64(index))]
                }
                var request = ChildrenRequest(
                    step.config["flow"]?.string ?? "", contexts: contexts, concurrency: step.config["concurrency"]?.int)
                request.collects = step.config["collects"] == true
                request.isMap = type == "map"
                request.awaits = type != "launch"
                return .children(request)
            }
        }
    }

    private static func delay(_ step: StepContext) -> Duration {
        .milliseconds(step.config["delay"]?.int64 ?? 0)
    }
}
