// Whether long and wide flows cost what short ones cost: each figure is a ratio of two measurements of the same run.

import Skein
import SkeinCore
import SkeinPostgres

struct Shapes {
    let environment: BenchEnvironment
    let options: SkeinBench

    init(_ environment: BenchEnvironment, _ options: SkeinBench) {
        self.environment = environment
        self.options = options
    }

    private static let atOnce = 32
    private static let long = 10_000
    private static let width = 1_000

    func run(_ report: Report) async throws {
        var short = Cost()
        var long = Cost()
        // As many steps in all, as many executions at once.
        let rounds = Self.long / 10
        try await measure(flow: Self.chain(10), executions: Self.atOnce * rounds / 4, steps: 10, into: &short)
        try await measure(flow: Self.chain(Self.long), executions: Self.atOnce / 4, steps: Self.long, into: &long)
        report.pair(
            "long.cpu", "CPU for each step of a \(Self.long)-step execution beside a 10-step one, engine and backends",
            long.cpu * 1e6, of: short.cpu * 1e6, unit: "us", target: "<= 1.2")
        report.pair("long.wal", "WAL for each step of them", long.wal, of: short.wal, unit: "bytes", target: "<= 1.2")
        report.pair(
            "long.statements", "statements for each step of them", long.statements, of: short.statements, unit: "",
            target: "<= 1.2")
        var narrow = Cost()
        var wide = Cost()
        try await measure(flow: Self.graph(Self.width), executions: 8, steps: 1, into: &narrow)
        try await measure(flow: Self.graph(2 * Self.width), executions: 8, steps: 1, into: &wide)
        report.pair(
            "wide.cpu", "CPU of a \(2 * Self.width)-task fan-out and fan-in beside half as many", wide.cpu * 1e3,
            of: narrow.cpu * 1e3, unit: "ms", target: "<= 2.3")
    }

    private struct Cost {
        var cpu = 0.0
        var wal = 0.0
        var statements = 0.0
    }

    private static func chain(_ count: Int) -> JSONValue {
        var flow = BenchFlows.chain(count).object ?? [:]
        flow["id"] = .string("shape-\(count)")
        flow["maxSteps"] = .int(Int64(2 * count))
        return .object(flow)
    }

    private static func graph(_ width: Int) -> JSONValue {
        let names = (0..<width).map { "task-\($0)" }
        var tasks: [JSONValue] = [["id": "start", "handler": "work"]]
        tasks += names.map { ["id": .string($0), "handler": "work", "dependencies": ["start"]] }
        tasks.append(["id": "end", "handler": "work", "dependencies": .array(names.map { .string($0) })])
        return ["id": .string("graph-\(width)"), "version": "1.0.0", "tasks": .array(tasks)]
    }

    /// Runs executions of a flow, as many at once as there is room, and takes the cost of each step.
    private func measure(flow: JSONValue, executions: Int, steps: Int, into cost: inout Cost) async throws {
        let id = flow["id"]?.string ?? ""
        cost = try await environment.withEngine { engine in
            engine.handle("work") { _, _ in .success(BenchFlows.output) }
            try await engine.register(flow)
            let pids = try await environment.backends() + [ProcessUsage.ownPID]
            let before = (
                ProcessUsage.cpuSeconds(pids), try await environment.walBytes(), try await environment.statements()
            )
            try await withThrowingTaskGroup(of: Void.self) { group in
                let atOnce = min(Self.atOnce, executions)
                for lane in 0..<atOnce {
                    group.addTask {
                        for _ in stride(from: lane, to: executions, by: atOnce) {
                            let created = try await engine.create(
                                id, context: BenchFlows.context, options: CreateOptions(flowVersion: "1.0.0"))
                            let end = try await engine.wait(for: created.execution.id)
                            guard end.status == .completed else { throw BenchFailure("\(id) ended \(end.status)") }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let count = Double(executions * steps)
            return Cost(
                cpu: (ProcessUsage.cpuSeconds(pids) - before.0) / count,
                wal: (try await environment.walBytes() - before.1) / count,
                statements: (try await environment.statements() - before.2) / count)
        }
    }
}

/// A measurement that would mean nothing.
private struct BenchFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
