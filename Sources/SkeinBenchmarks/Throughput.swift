// Durable steps beside bare inserts of the same rows.

import Logging
import PostgresClient
import Skein
import SkeinCore
import SkeinPostgres

struct Throughput {
    let environment: BenchEnvironment
    let options: SkeinBench
    let steps: Int

    init(_ environment: BenchEnvironment, _ options: SkeinBench, steps: Int) {
        self.environment = environment
        self.options = options
        self.steps = steps
    }

    /// Log rows of one execution.
    private var rows: Int { steps + 1 }

    func run(_ report: Report) async throws {
        let bodies = try await sampleBodies()
        var bare: [Double] = []
        var engine: [Double] = []
        var cost = Cost()
        for _ in 0..<options.rounds {
            if !options.engineOnly {
                bare.append(try await BareInserts(environment, bodies: bodies).perSecond(options.seconds))
            }
            engine.append(try await measure(&cost))
            try await environment.script(
                """
                SET skein.retention = 'on';
                TRUNCATE \(environment.schema).log, \(environment.schema).executions, \(environment.schema).outcomes,
                    \(environment.schema).rollup_queue
                """)
        }
        if !options.engineOnly {
            bare.append(try await BareInserts(environment, bodies: bodies).perSecond(options.seconds))
        }
        let name = steps == 1 ? "single" : "transitions"
        if steps == 1 {
            report.note(
                "single.executions", "1-step executions, each durable twice", value: engine.median / 2, unit: "/s")
        } else {
            report.note(
                "transitions.steps", "durable steps of \(steps)-step executions",
                value: engine.median * Double(steps) / Double(rows), unit: "/s")
        }
        report.pair(
            name, "durable row transitions of \(steps)-step flows beside bare inserts of their log rows", engine.median,
            of: bare.median,
            unit: "/s", target: steps == 1 ? nil : ">= 0.35")
        let stepCount = Double(cost.executions * steps)
        report.note(
            "\(name).cpu.engine", "engine CPU for each step", value: cost.engineCPU / stepCount * 1e6, unit: "us")
        report.note(
            "\(name).cpu.backends", "PostgreSQL CPU for each step", value: cost.backendCPU / stepCount * 1e6, unit: "us"
        )
        report.note("\(name).wal", "WAL for each step", value: cost.wal / stepCount, unit: "bytes")
        report.note(
            "\(name).statements", "PostgreSQL statements for each step", value: cost.statements / stepCount, unit: "")
    }

    private struct Cost {
        var executions = 0
        var engineCPU = 0.0
        var backendCPU = 0.0
        var wal = 0.0
        var statements = 0.0
    }

    /// The bodies that one execution leaves.
    private func sampleBodies() async throws -> [[UInt8]] {
        try await environment.withEngine { engine in
            try await prepare(engine, Starts())
            let id = try await engine.create("chain-\(steps)", context: BenchFlows.context).execution.id
            _ = try await engine.wait(for: id, timeout: .seconds(30))
            return try await engine.store.rows(of: id, from: 1, limit: 1_000).map(\.body)
        }
    }

    private func prepare(_ engine: Engine, _ lastSteps: Starts) async throws {
        let last = StepID("step-\(steps)")
        engine.handle("work") { _, step in
            if step.stepID == last { lastSteps.note(step.executionID) }
            return .success(BenchFlows.output)
        }
        try await engine.register(BenchFlows.chain(steps))
    }

    private func measure(_ cost: inout Cost) async throws -> Double {
        let metrics = CountingMetrics()
        let window = options.concurrency
        let (rate, sample) = try await environment.withEngine(
            metrics: metrics, configure: { $0.concurrency = 2 * window }
        ) { engine in
            let lastSteps = Starts()
            try await prepare(engine, lastSteps)
            let cpu = (
                ProcessUsage.cpuSeconds([ProcessUsage.ownPID]),
                ProcessUsage.cpuSeconds(try await environment.backends())
            )
            let wal = try await environment.walBytes()
            let statements = try await environment.statements()
            let start = ContinuousClock.now
            try await drive(engine, metrics, lastSteps, until: start + .seconds(options.seconds))
            let span = seconds(ContinuousClock.now - start)
            let ended = metrics["skein_executions_ended_total"]
            var sample = Cost()
            sample.executions = ended
            sample.engineCPU = ProcessUsage.cpuSeconds([ProcessUsage.ownPID]) - cpu.0
            sample.backendCPU = ProcessUsage.cpuSeconds(try await environment.backends()) - cpu.1
            sample.wal = try await environment.walBytes() - wal
            sample.statements = try await environment.statements() - statements
            return (Double(ended * rows) / span, sample)
        }
        cost.executions += sample.executions
        cost.engineCPU += sample.engineCPU
        cost.backendCPU += sample.backendCPU
        cost.wal += sample.wal
        cost.statements += sample.statements
        return rate
    }

    /// Keeps the window full until the time is over, then waits for the rest. A creator goes on when its execution's
    /// last step has run: no polling that would be measured too.
    private func drive(
        _ engine: Engine, _ metrics: CountingMetrics, _ lastSteps: Starts, until end: ContinuousClock.Instant
    ) async throws {
        let created = Count()
        let flow = "chain-\(steps)"
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<options.concurrency {
                group.addTask {
                    while ContinuousClock.now < end {
                        created.add(1)
                        let id = try await engine.create(
                            flow, context: BenchFlows.context, options: CreateOptions(flowVersion: "1.0.0")
                        ).execution.id
                        _ = await lastSteps.wait(for: id)
                    }
                }
            }
            try await group.waitForAll()
        }
        while metrics["skein_executions_ended_total"] < created.value { try await Task.sleep(for: .milliseconds(1)) }
    }
}
