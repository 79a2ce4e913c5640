import Logging
import PostgresClient
import Skein
import SkeinCore
import Synchronization

/// From `create` to the start of the handler, beside a one-row commit.
struct Latency {
    let environment: BenchEnvironment
    static let samples = 300
    /// Before each sample, so that each finds the instance idle.
    static let pause = Duration.milliseconds(8)

    init(_ environment: BenchEnvironment) { self.environment = environment }

    func run(_ report: Report) async throws {
        let starts = Starts()
        let (creates, pinned, commits) = try await environment.withEngine { engine in
            engine.handle("work") { _, step in
                starts.note(step.executionID)
                return .success(BenchFlows.output)
            }
            try await engine.register(BenchFlows.chain(1))
            let single = try await SingleCommits(environment)
            var creates: [Double] = []
            var pinned: [Double] = []
            var commits: [Double] = []
            func milliseconds(_ options: CreateOptions) async throws -> Double {
                let began = ContinuousClock.now
                let id = try await engine.create("chain-1", context: BenchFlows.context, options: options).execution.id
                let started = await starts.wait(for: id)
                // Its last row and its notices would share the disk and the cores with the next sample.
                while engine.executionsInProgress > 0 { try await Task.sleep(for: .milliseconds(1)) }
                try await Task.sleep(for: Self.pause)
                return seconds(started - began) * 1_000
            }
            for _ in 0..<(Self.samples / 50) {
                for _ in 0..<50 { creates.append(try await milliseconds(CreateOptions())) }
                for _ in 0..<50 { pinned.append(try await milliseconds(CreateOptions(flowVersion: "1.0.0"))) }
                for _ in 0..<50 {
                    commits.append(try await single.milliseconds())
                    try await Task.sleep(for: Self.pause)
                }
            }
            await single.close()
            return (creates, pinned, commits)
        }
        report.note("commit.p50", "a one-row commit", value: commits.median, unit: "ms")
        report.note("commit.p99", "a one-row commit", value: commits.percentile(0.99), unit: "ms")
        report.pair(
            "create-to-handler.p50", "from create to the handler's start", creates.median, of: commits.median,
            unit: "ms", target: "<= 2")
        report.pair(
            "create-to-handler.pinned", "the same with a given flow version: no look for the latest", pinned.median,
            of: commits.median, unit: "ms", target: "<= 2")
        report.pair(
            "create-to-handler.p99", "from create to the handler's start", creates.percentile(0.99),
            of: commits.percentile(0.99), unit: "ms")
    }
}

/// When handlers started.
final class Starts: Sendable {
    private struct State {
        /// Those that nobody waited for yet.
        var times: [ExecutionID: ContinuousClock.Instant] = [:]
        var waiting: [ExecutionID: CheckedContinuation<ContinuousClock.Instant, Never>] = [:]
    }

    private let state = Mutex(State())

    func note(_ id: ExecutionID) {
        let now = ContinuousClock.now
        let waiter = state.withLock { state in
            let waiter = state.waiting.removeValue(forKey: id)
            if waiter == nil { state.times[id] = now }
            return waiter
        }
        waiter?.resume(returning: now)
    }

    func wait(for id: ExecutionID) async -> ContinuousClock.Instant {
        await withCheckedContinuation { continuation in
            let time = state.withLock { state in
                let time = state.times.removeValue(forKey: id)
                if time == nil { state.waiting[id] = continuation }
                return time
            }
            if let time { continuation.resume(returning: time) }
        }
    }
}

/// One row, one commit, one connection.
struct SingleCommits {
    private let channel: PostgresChannel
    private static let insert = PostgresStatement("bench_single", "INSERT INTO single(id, body) VALUES ($1, $2)")

    init(_ environment: BenchEnvironment) async throws {
        try await environment.script(
            "CREATE TABLE IF NOT EXISTS \(environment.schema).single (id uuid PRIMARY KEY, body bytea)")
        var configuration = PostgresConfiguration(connectionString: environment.databaseURL)
        configuration.settings = ["search_path": environment.schema]
        channel = PostgresChannel(configuration: configuration, use: .exclusive, logger: Logger(label: "single"))
    }

    func milliseconds() async throws -> Double {
        var generator = SystemRandomNumberGenerator()
        let id = UniqueID.v7(at: Timestamp(microseconds: Wall.microseconds()), random: generator.next())
        let began = ContinuousClock.now
        _ = try await channel.batch([
            PostgresQuery(
                Self.insert,
                [.uuid(PostgresUUID(high: id.high, low: id.low)), .bytea([UInt8](repeating: 1, count: 300))])
        ])
        return seconds(ContinuousClock.now - began) * 1_000
    }

    func close() async { await channel.close() }
}
