import Skein
import SkeinCore
import SkeinPostgres

/// Whether a month of history costs anything: the same work on a schema that holds one (`scripts/load-log`) and on an empty one,
/// in turns.
struct History {
    let empty: BenchEnvironment
    let filled: BenchEnvironment
    let options: SkeinBench
    private static let executions = 3_000
    private static let steps = 10

    init(_ environment: BenchEnvironment, _ options: SkeinBench) throws {
        guard let schema = options.history else { throw BenchError("--history SCHEMA says which schema holds history") }
        empty = environment
        filled = environment.with(schema: schema)
        self.options = options
    }

    func run(_ report: Report) async throws {
        var bare = Work()
        var beside = Work()
        // First of all what the servers have to learn, and what is due in the schema that was filled.
        for environment in [empty, filled, empty, filled] {
            _ = try await work(environment)
            try await environment.script(
                "VACUUM (ANALYZE) \(environment.schema).executions, \(environment.schema).log, \(environment.schema).outcomes, \(environment.schema).ready"
            )
        }
        for round in 0..<options.rounds {
            for isFilled in [round % 2 == 1, round % 2 == 0] {
                if isFilled { beside += try await work(filled) } else { bare += try await work(empty) }
            }
        }
        compare("create", "a create", beside.creates, bare.creates, report)
        compare("steps", "claim, \(Self.steps) steps and the roll-up", beside.steps, bare.steps, report)
        try await lists(report)
    }

    private func compare(_ name: String, _ what: String, _ cost: Cost, _ limit: Cost, _ report: Report) {
        let target = "<= 1.1"
        report.pair(
            "history.\(name).cpu", "PostgreSQL CPU for \(what) beside a month of history and without", cost.cpu * 1e6,
            of: limit.cpu * 1e6, unit: "us", target: target)
        report.pair("history.\(name).buffers", "its buffers", cost.buffers, of: limit.buffers, unit: "", target: target)
        report.pair("history.\(name).wal", "its WAL", cost.wal, of: limit.wal, unit: "bytes", target: target)
    }

    /// For each execution.
    private struct Cost {
        var cpu = 0.0
        var buffers = 0.0
        var wal = 0.0

        static func + (one: Self, other: Self) -> Self {
            Cost(cpu: one.cpu + other.cpu, buffers: one.buffers + other.buffers, wal: one.wal + other.wal)
        }
    }

    private struct Work {
        var creates = Cost()
        var steps = Cost()

        static func += (one: inout Self, other: Self) {
            one = Work(creates: one.creates + other.creates, steps: one.steps + other.steps)
        }
    }

    /// Creates executions where nobody runs them, then lets another engine run them.
    private func work(_ environment: BenchEnvironment) async throws -> Work {
        let flow = "chain-\(Self.steps)"
        let creates = try await environment.withEngine { engine in
            try await engine.register(BenchFlows.chain(Self.steps))
            return try await cost(environment) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    let lanes = 64
                    for lane in 0..<lanes {
                        group.addTask {
                            for _ in stride(from: lane, to: Self.executions, by: lanes) {
                                _ = try await engine.create(
                                    flow, context: BenchFlows.context, options: CreateOptions(flowVersion: "1.0.0"))
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
        let metrics = CountingMetrics()
        let steps = try await environment.withEngine(metrics: metrics) { engine in
            try await cost(environment) {
                engine.handle("work") { _, _ in .success(BenchFlows.output) }
                while metrics["skein_executions_ended_total"] < Self.executions {
                    try await Task.sleep(for: .milliseconds(10))
                }
                // Counting them for the reports belongs to it.
                while try await environment.number("SELECT count(*)::float8 FROM \(environment.schema).rollup_queue")
                    > 0
                {
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
        }
        return Work(creates: creates, steps: steps)
    }

    private func cost(_ environment: BenchEnvironment, of body: () async throws -> Void) async throws -> Cost {
        let before = try await (environment.clients(), environment.buffers(), environment.walBytes())
        let cpu = ProcessUsage.cpuSeconds(before.0)
        try await body()
        let clients = try await environment.clients()
        let each = Double(Self.executions * options.rounds)
        return Cost(
            cpu: (ProcessUsage.cpuSeconds(clients) - cpu) / each,
            buffers: (try await environment.buffers() - before.1) / each,
            wal: (try await environment.walBytes() - before.2) / each)
    }

    /// What people ask, each as often as `rounds` says.
    private func lists(_ report: Report) async throws {
        let family = try await filled.text(
            "SELECT root_id::text FROM \(filled.schema).executions WHERE tag = 'family' LIMIT 1")
        let one = try await filled.text(
            "SELECT id::text FROM \(filled.schema).executions WHERE flow = 'signup' ORDER BY id LIMIT 1 OFFSET 100")
        try await filled.withEngine { engine in
            let since = SystemClock().now + .seconds(-86_400)
            for view in ReportView.allCases {
                var query = ReportQuery(view)
                if view.time != nil { query.since = since }
                try await note("history.report.\(view.rawValue)", "the last day of \(view.rawValue)", 300, report) {
                    _ = try await engine.report(query)
                }
            }
            guard let id = family.flatMap({ ExecutionID($0) }) else { return }
            var page = AuditQuery(.workflow(id))
            page.offset = 5_000
            try await note("history.audit", "a page of the events of a workflow of 10,000 tasks", nil, report) {
                _ = try await engine.audit(page)
            }
            if let one = one.flatMap({ ExecutionID($0) }) {
                try await note("history.audit.one", "a page of the events of one execution", 20, report) {
                    _ = try await engine.audit(AuditQuery(.execution(one)))
                }
            }
            try await note("history.summary", "the summary of a workflow of 10,000 tasks", 500, report) {
                _ = try await engine.workflowSummary(of: id)
            }
        }
    }

    private func note(
        _ name: String, _ what: String, _ target: Int?, _ report: Report, _ body: () async throws -> Void
    ) async throws {
        var spans: [Double] = []
        for _ in 0..<max(3, options.rounds) {
            let start = ContinuousClock.now
            try await body()
            spans.append(seconds(ContinuousClock.now - start) * 1_000)
        }
        report.note(name, what, value: spans.median, unit: "ms", target: target.map { "<= \($0)" })
    }

    /// Load while what has expired is taken away, beside load alone, in turns until nothing is left.
    func prune(_ report: Report) async throws {
        let metrics = CountingMetrics()
        let window = options.concurrency
        let policy = RetentionPolicy.ended(.seconds(3_600))
        let (ratios, executions, months) = try await filled.withEngine(
            metrics: metrics, configure: { $0.concurrency = 2 * window }
        ) { engine in
            engine.handle("work") { _, _ in .success(BenchFlows.output) }
            try await engine.register(BenchFlows.chain(1))
            func rate() async throws -> Double { try await load(engine, metrics) }
            var ratios: [Double] = []
            _ = try await rate()
            let before = try await engine.prune(policy, dryRun: true).executions
            var alone = try await rate()
            while true {
                let (beside, isOver) = try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { _ = try await engine.prune(policy) }
                    let beside = try await rate()
                    group.cancelAll()
                    return (beside, (try? await group.next()) != nil)
                }
                let next = try await rate()
                if !isOver || ratios.isEmpty { ratios.append(beside / ((alone + next) / 2)) }
                narrate("prune: \(Int(beside))/s beside \(Int((alone + next) / 2))/s")
                alone = next
                if isOver { break }
            }
            let months = try await filled.number(
                "SELECT count(*)::float8 FROM \(filled.schema).audit WHERE action = 'retention.drop'")
            return (ratios, before - (try await engine.prune(policy, dryRun: true).executions), months)
        }
        report.note("prune.executions", "executions that were taken away", value: Double(executions), unit: "")
        report.note("prune.months", "months of them that were dropped", value: months, unit: "")
        report.note(
            "prune.load", "load while they are, beside load alone: the median of \(ratios.count) pairs",
            value: ratios.median, unit: "", target: ">= 0.85")
        report.note("prune.load.least", "the least of these", value: ratios.min() ?? 0, unit: "")
    }

    /// Executions of one step that end in a second.
    private func load(_ engine: Engine, _ metrics: CountingMetrics) async throws -> Double {
        let start = ContinuousClock.now
        let end = start + .seconds(options.seconds)
        let before = metrics["skein_executions_ended_total"]
        let created = Count()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<min(256, options.concurrency) {
                group.addTask {
                    while ContinuousClock.now < end {
                        created.add(1)
                        let id = try await engine.create(
                            "chain-1", context: BenchFlows.context, options: CreateOptions(flowVersion: "1.0.0")
                        ).execution.id
                        _ = try await engine.wait(for: id)
                    }
                }
            }
            try await group.waitForAll()
        }
        while metrics["skein_executions_ended_total"] < before + created.value {
            try await Task.sleep(for: .milliseconds(1))
        }
        return Double(created.value) / seconds(ContinuousClock.now - start)
    }
}
