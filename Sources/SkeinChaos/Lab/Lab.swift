// One run's world: a schema, servers, instances behind proxies, a resource outside, and the folder that everything is
// written to.

import Foundation
import Logging
import PostgresClient
package import SkeinCore
import SkeinSimulation
import Synchronization

/// Starts, breaks and heals everything of one run.
package final class Lab: Sendable {
    /// What a run is like.
    package struct Settings: Sendable {
        package var seed: UInt64 = 1
        package var lease: Duration = .seconds(2)
        package var sweep: Duration = .seconds(5)
        package var dawdle: Duration = .milliseconds(10)
        /// Nil: a Redis of the run's own; empty: none at all.
        package var redisURL: String?
        package var environment: [String: String] = [:]

        package init() {}
    }

    private struct State {
        var instances: [LabInstance] = []
        var started = 0
        var graceful: Set<String> = []
        var healedAt: Int64?
        var extra: JSONObject = [:]
    }

    package let folder: RunFolder
    package let settings: Settings
    package let name: String
    package let postgres: PostgresServer
    package let redis: RedisServer
    let database: PostgresPool
    package let nemesisLog: LineFile
    let resourceURL: String
    private let state = Mutex(State())

    private init(_ folder: RunFolder, _ settings: Settings, _ postgres: PostgresServer, resourceURL: String) throws {
        self.folder = folder
        self.settings = settings
        self.postgres = postgres
        self.resourceURL = resourceURL
        name = "chaos_\(UInt32.random(in: 0 ... .max))"
        redis = try RedisServer(folder: folder.path)
        nemesisLog = try LineFile(folder.nemesis)
        var configuration = PostgresConfiguration(connectionString: postgres.url(port: postgres.port))
        configuration.applicationName = "chaos-lab"
        configuration.settings = ["search_path": name]
        database = PostgresPool(
            configuration: configuration, maximum: 4, acquireTimeout: .seconds(60),
            logger: Logger(label: "lab") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Runs a body in a fresh world that is gone afterwards, except for its folder.
    package static func run<Value: Sendable>(
        _ folder: RunFolder, _ settings: Settings, _ body: @escaping @Sendable (Lab) async throws -> Value
    ) async throws -> Value {
        let postgres = try PostgresServer()
        let resource = try FencedResource(folder.resource)
        let (ports, port) = AsyncStream<Int>.makeStream()
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                try await resource.serve { port.yield($0) }
                return nil
            }
            group.addTask {
                guard let port = await ports.first(where: { _ in true }) else { throw CancellationError() }
                let lab = try Lab(folder, settings, postgres, resourceURL: "http://127.0.0.1:\(port)")
                let result: Result<Value, any Error>
                do {
                    try await lab.begin()
                    result = .success(try await body(lab))
                } catch {
                    result = .failure(error)
                }
                await Task { await lab.end() }.value
                return try result.get()
            }
            defer { group.cancelAll() }
            for try await value in group { if let value { return value } }
            throw CancellationError()
        }
    }

    private func begin() async throws {
        if settings.redisURL == nil { try await redis.start() }
        let migration = try ManagedProcess(
            "migrate", Self.program, ["instance", "--migrate"],
            environment: environment("migrate", postgres: postgres.port, redis: nil), folder: folder.path)
        try await migration.waitForExit(within: .seconds(60))
    }

    private func end() async {
        await withDiscardingTaskGroup { group in
            for instance in state.withLock(\.instances) {
                group.addTask {
                    await instance.process.stop()
                    for link in instance.links { await link.stop() }
                }
            }
        }
        try? await redis.crash()
        _ = try? await run("DROP SCHEMA IF EXISTS \(name) CASCADE")
        await database.close()
    }

    // MARK: - Instances

    /// This program, or the one that `SKEIN_CHAOS_PROGRAM` names.
    static var program: String {
        ProcessInfo.processInfo.environment["SKEIN_CHAOS_PROGRAM"] ?? CommandLine.arguments[0]
    }

    private func environment(_ label: String, postgres port: Int, redis: String?) -> [String: String] {
        [
            "DATABASE_URL": postgres.url(port: port) + "&application_name=skein-\(name)", "REDIS_URL": redis ?? "",
            "SKEIN_SCHEMA": name, "SKEIN_REDIS_PREFIX": name,
            "SKEIN_LEASE_MS": "\(settings.lease.milliseconds)", "SKEIN_SWEEP_MS": "\(settings.sweep.milliseconds)",
            "SKEIN_GRACE_MS": "5000", "SKEIN_CHAOS_LABEL": label, "SKEIN_CHAOS_LEDGER": folder.ledger(label),
            "SKEIN_CHAOS_RESOURCE": resourceURL, "SKEIN_CHAOS_DAWDLE_MS": "\(settings.dawdle.milliseconds)",
            "SKEIN_CHAOS_COMMAND_TIMEOUT_MS": "5000",
            "SKEIN_FAILPOINTS_LOG": folder.points(label), "SKEIN_FAILPOINTS_SEED": "\(settings.seed)",
            "SKEIN_FAILPOINTS": "",
        ].merging(settings.environment) { $1 }
    }

    /// Instances that run, in the order of their starts.
    package var instances: [LabInstance] { state.withLock(\.instances).filter { $0.process.isRunning } }

    /// All that ever ran.
    package var all: [LabInstance] { state.withLock(\.instances) }

    /// Starts an instance and returns when it answers.
    ///
    /// - Parameters:
    ///   - points: what `SKEIN_FAILPOINTS` is to be.
    ///   - isReady: wait until it says that it is ready.
    @discardableResult
    package func start(
        points: String = "", _ changes: [String: String] = [:], isReady: Bool = true
    ) async throws -> LabInstance {
        let number = state.withLock { state in
            state.started += 1
            return state.started
        }
        let label = "i\(number)"
        let seed = settings.seed &+ UInt64(number)
        let link = try await FaultProxy.start(to: postgres.port, isPostgres: true, seed: seed)
        var redisLink: FaultProxy?
        var redisURL = settings.redisURL
        if redisURL == nil {
            let proxy = try await FaultProxy.start(to: redis.port, isPostgres: false, seed: seed)
            redisLink = proxy
            redisURL = "redis://127.0.0.1:\(proxy.port)/0"
        }
        var environment = environment(label, postgres: link.port, redis: redisURL)
        environment["SKEIN_FAILPOINTS"] = points
        environment.merge(changes) { $1 }
        let process = try ManagedProcess(
            label, Self.program, ["instance"], environment: environment, folder: folder.path)
        let mark = "listening on "
        let url = try await eventually("\(label) listens", within: .seconds(60)) { () -> String? in
            guard process.isRunning else { throw ChaosFailure("\(label) ended: \(process.err.suffix(2_000))") }
            return process.err.split(separator: "\n").first { $0.hasPrefix(mark) }.map {
                String($0.dropFirst(mark.count))
            }
        }
        let instance = LabInstance(label, process, LabWeb(url: url), postgres: link, redis: redisLink)
        if isReady {
            try await until("\(label) is ready", within: .seconds(60)) {
                guard process.isRunning else { throw ChaosFailure("\(label) ended: \(process.err.suffix(2_000))") }
                return ["ready", "degraded"].contains(try? await instance.web.get("/readyz").json.status.string ?? "")
            }
        }
        state.withLock { $0.instances.append(instance) }
        note("start", ["instance": .string(label), "pid": .int(Int64(process.pid)), "points": .string(points)])
        return instance
    }

    /// Lets an instance end by itself. What it hands on without a row is no theft.
    package func stopGracefully(_ instance: LabInstance) async throws {
        let worker = try? await instance.web.get("/v1/stats").json.workerId.string
        if let worker { state.withLock { _ = $0.graceful.insert(worker) } }
        note("sigterm", ["instance": .string(instance.label)])
        instance.process.send(SIGTERM)
        try await instance.process.waitForExit()
    }

    /// Ends an instance without a word.
    package func kill(_ instance: LabInstance) async throws {
        note("kill", ["instance": .string(instance.label)])
        instance.process.send(SIGKILL)
        try await instance.process.waitForExit()
    }

    // MARK: - Notes

    /// Writes down what is done to the world.
    package func note(_ what: String, _ more: JSONObject = [:]) {
        var line: JSONObject = ["at": .int(presentTime()), "what": .string(what)]
        for (key, value) in more { line[key] = value }
        nemesisLog.append(.object(line))
    }

    /// Everything works from now on.
    package func healed() {
        note("healed")
        state.withLock { $0.healedAt = presentTime() }
    }

    /// Keeps a fact about the run for its judges.
    package func remember(_ key: String, _ value: JSONValue) {
        state.withLock { $0.extra[key] = value }
    }

    /// The run's own document.
    var document: JSONValue {
        state.withLock { state in
            var object: JSONObject = [
                "seed": .integer(settings.seed), "leaseMs": .int(settings.lease.milliseconds),
                "sweepMs": .int(settings.sweep.milliseconds),
                "graceful": .array(state.graceful.sorted().map { .string($0) }),
            ]
            object["healedAt"] = state.healedAt.map { .int($0) }
            for (key, value) in state.extra { object[key] = value }
            return .object(object)
        }
    }
}

extension Duration {
    /// Whole milliseconds.
    package var milliseconds: Int64 { components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000 }
}
