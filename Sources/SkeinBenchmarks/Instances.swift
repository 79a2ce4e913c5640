import Skein
import SkeinCore

/// What two instances do together where handlers are the bound: they wait, and each instance has few slots.
struct Instances {
    let environment: BenchEnvironment
    let rounds: Int
    private static let executions = 1_000
    private static let steps = 10
    private static let slots = 16
    private static let wait = Duration.milliseconds(5)

    init(_ environment: BenchEnvironment, _ options: SkeinBench) {
        self.environment = environment
        rounds = options.rounds
    }

    func run(_ report: Report) async throws {
        var one: [Double] = []
        var two: [Double] = []
        for _ in 0..<rounds {
            one.append(try await withInstance { try await measure(through: $0) })
            two.append(try await withInstance { _ in try await withInstance { try await measure(through: $0) } })
        }
        report.note(
            "instances.one", "steps of 5 ms in \(Self.slots) slots of one instance", value: one.median, unit: "/s")
        report.pair(
            "instances", "the same over two instances, beside one", two.median, of: one.median, unit: "/s",
            target: ">= 1.5")
    }

    private func withInstance<Result: Sendable>(_ body: @Sendable (Engine) async throws -> Result) async throws
        -> Result
    {
        try await environment.withEngine(configure: { $0.concurrency = Self.slots }) { engine in
            engine.handle("work") { _, step in
                try await step.clock.sleep(for: Self.wait)
                return .success(BenchFlows.output)
            }
            try await engine.register(BenchFlows.chain(Self.steps))
            return try await body(engine)
        }
    }

    /// Steps in a second, from the first creation to the last end.
    private func measure(through engine: Engine) async throws -> Double {
        let ended = "SELECT count(*)::float8 FROM \(environment.schema).outcomes"
        let before = try await environment.number(ended)
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    for _ in 0..<Self.executions / 50 {
                        _ = try await engine.create("chain-\(Self.steps)", context: BenchFlows.context)
                    }
                }
            }
            try await group.waitForAll()
        }
        while try await environment.number(ended) < before + Double(Self.executions) {
            try await Task.sleep(for: .milliseconds(10))
        }
        return Double(Self.executions * Self.steps) / ((ContinuousClock.now - start) / .seconds(1))
    }
}
