import Foundation
import Logging
import PostgresClient
import RedisClient
import SkeinCore
import Synchronization

/// The processes of one test, over a schema and a key prefix of its own.
final class Cluster: Sendable {
    /// Of the schema, of the keys, and of the connections.
    let name = TestEnvironment.randomName()
    let redisURL: String
    let databaseURL: String
    let database: PostgresPool
    private let settings: [String: String]
    let folder: URL
    private let processes = Mutex<[ChildProcess]>([])

    private init(redis: String?, settings: [String: String]) throws {
        let url = try TestEnvironment.databaseURL()
        // A name of their own, so that a test ends its own connections only.
        databaseURL = url + (url.contains("?") ? "&" : "?") + "application_name=skein-\(name)"
        redisURL = try redis ?? TestEnvironment.redisURL()
        self.settings = settings
        folder = FileManager.default.temporaryDirectory.appending(path: name)
        var configuration = PostgresConfiguration(connectionString: url)
        configuration.applicationName = "test-\(name)"
        configuration.settings = ["search_path": name]
        database = PostgresPool(
            configuration: configuration, maximum: 4, acquireTimeout: .seconds(10),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// Runs a test against a migrated schema; whatever happens, no process, no schema and no key stays.
    ///
    /// - Parameters:
    ///   - redis: another Redis than the shared one.
    ///   - settings: for all instances.
    static func run(redis: String? = nil, _ settings: [String: String] = [:], _ body: (Cluster) async throws -> Void)
        async throws
    {
        let cluster = try Cluster(redis: redis, settings: settings)
        let issues = IssueCount.now
        do {
            let migration = try await cluster.command(["migrate"])
            guard migration.end == .code(0) else {
                throw Web.Unexpected(description: "migrate failed: \(migration.err)")
            }
            try await body(cluster)
        } catch {
            await cluster.remove(telling: true)
            throw error
        }
        await cluster.remove(telling: IssueCount.now > issues)
    }

    private var environment: [String: String] {
        [
            "DATABASE_URL": databaseURL, "REDIS_URL": redisURL, "SKEIN_SCHEMA": name, "SKEIN_REDIS_PREFIX": name,
            "SKEIN_HTTP_PORT": "0",
            "SKEIN_EGRESS_ALLOW": "127.0.0.0/8", "SKEIN_LEASE_MS": "3000", "SKEIN_GRACE_MS": "10000",
        ].merging(settings) { $1 }
    }

    // MARK: - Processes

    /// Starts an instance and returns when it is ready, or works without its Redis.
    func serve(_ label: String, _ settings: [String: String] = [:], arguments: [String] = []) async throws -> Instance {
        let process = try start(label, ["serve"] + arguments, settings)
        let url = try await eventually("\(label) listens") {
            guard process.isRunning else { throw Web.Unexpected(description: "\(label) ended: \(process.err)") }
            return process.err.split(separator: "\n").compactMap { line in
                line.hasPrefix("listening on ") ? String(line.dropFirst("listening on ".count)) : nil
            }.first
        }
        let web = Web(url: url)
        try await until("\(label) is ready") { await ["ready", "degraded"].contains(web.readiness() ?? "") }
        let worker = try await web.get("/v1/stats").json.workerId.string ?? ""
        return Instance(process: process, web: web, workerID: worker)
    }

    /// Runs a command to its end.
    func command(_ arguments: [String], _ settings: [String: String] = [:], files: [String: String] = [:]) async throws
        -> ChildProcess
    {
        for (name, text) in files { try Data(text.utf8).write(to: folder.appending(path: name)) }
        let process = try start("\(arguments.first ?? "skein")-\(processes.withLock { $0.count })", arguments, settings)
        try await process.waitForExit(within: .seconds(60))
        return process
    }

    /// Starts a command. A setting that is empty is not there.
    func start(_ label: String, _ arguments: [String], _ settings: [String: String] = [:]) throws -> ChildProcess {
        let environment = environment.merging(settings) { $1 }.filter { !$0.value.isEmpty }
        let process = try ChildProcess(
            label, TestEnvironment.skein(), arguments, environment: environment, folder: folder)
        processes.withLock { $0.append(process) }
        return process
    }

    /// Starts a Python program of the repository.
    func python(_ label: String, _ file: String, _ arguments: [String], _ settings: [String: String]) throws
        -> ChildProcess
    {
        // The threads of this process block signals, and what they start would go on with that.
        let unblocked =
            "import os, signal, sys; signal.pthread_sigmask(signal.SIG_SETMASK, []); os.execvp(*sys.argv[1:2], sys.argv[1:])"
        var root = URL(filePath: #filePath)
        for _ in 1...3 { root.deleteLastPathComponent() }
        let process = try ChildProcess(
            label, URL(filePath: "/usr/bin/env"),
            ["python3", "-c", unblocked, "python3", root.appending(path: file).path] + arguments,
            environment: settings, folder: folder)
        processes.withLock { $0.append(process) }
        return process
    }

    // MARK: - The database

    func rows(_ sql: String, _ parameters: [PostgresParameter] = []) async throws -> PostgresRows {
        try await database.query(PostgresQuery(PostgresStatement(sql, sql), parameters), timeout: .seconds(30)).rows
    }

    func number(_ sql: String, _ parameters: [PostgresParameter] = []) async throws -> Int {
        Int(try await rows(sql, parameters)[0].int64(0))
    }

    func texts(_ sql: String, _ parameters: [PostgresParameter] = []) async throws -> [String] {
        var texts: [String] = []
        for row in try await rows(sql, parameters) { texts.append(try row.string(0)) }
        return texts
    }

    /// The executions that an instance holds now.
    func held(by instance: Instance) async throws -> Set<String> {
        Set(
            try await texts(
                "SELECT execution_id::text FROM ready WHERE owner = $1::text::uuid", [.text(instance.workerID)]))
    }

    var ended: Int {
        get async throws { try await number("SELECT count(*) FROM outcomes") }
    }

    /// Ends every connection of this test's instances. Returns how many there were.
    @discardableResult
    func terminateConnections() async throws -> Int {
        try await number(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()",
            [.text("skein-\(name)")])
    }

    // MARK: - The end

    private func remove(telling: Bool) async {
        let name = name
        let (database, redisURL, folder) = (database, redisURL, folder)
        let processes = processes.withLock { $0 }
        await shielded {
            await withDiscardingTaskGroup { group in
                for process in processes where process.isRunning { group.addTask { await process.stop() } }
            }
            if telling { Self.tell(processes) }
            let drop = "DROP SCHEMA IF EXISTS \(name), \(name)_report CASCADE"
            _ = try? await database.query(PostgresQuery(PostgresStatement(drop, drop)), timeout: .seconds(30))
            await database.close()
            await Self.removeKeys(of: name, at: redisURL)
            try? FileManager.default.removeItem(at: folder)
        }
    }

    private static func tell(_ processes: [ChildProcess]) {
        for process in processes {
            let text = [process.out, process.err].filter { !$0.isEmpty }.map { $0.suffix(6_000) }.joined(
                separator: "\n")
            print("──── \(process.label) (\(process.end.map { "\($0)" } ?? "running"))\n\(text)")
        }
    }

    private static func removeKeys(of name: String, at url: String) async {
        guard let redis = try? OwnRedis.client(url) else { return }
        var cursor = "0"
        repeat {
            guard let reply = try? await redis.command(["SCAN", cursor, "MATCH", "\(name):*", "COUNT", "1000"]).array,
                reply.count == 2
            else { break }
            cursor = reply[0].string ?? "0"
            let keys = (reply[1].strings ?? []).compactMap { $0 }
            if !keys.isEmpty { _ = try? await redis.command(["UNLINK"] + keys) }
        } while cursor != "0"
        await redis.close()
    }
}

/// A process that serves.
struct Instance: Sendable {
    let process: ChildProcess
    let web: Web
    let workerID: String
}
