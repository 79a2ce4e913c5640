// The servers of a lab: a PostgreSQL that may be crashed and started again, and a Redis of its own.

import Foundation
import Logging
import PostgresClient
import RedisClient
import Synchronization

/// The PostgreSQL that `scripts/services` started for this run alone.
package struct PostgresServer: Sendable {
    private let folder: String
    private let bin: String
    package let port: Int

    /// - Throws: when no server was started; a run without servers must not look like one that went well.
    package init(environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        guard let url = environment["SKEIN_TEST_DATABASE_URL"], let folder = environment["SKEIN_TEST_SERVICES"],
            let bin = environment["SKEIN_TEST_PG_BIN"], let port = URL(string: url)?.port
        else {
            throw ChaosFailure("no servers: run this by scripts/chaos, or under `scripts/services run`")
        }
        self.folder = folder
        self.bin = bin
        self.port = port
    }

    /// A URL by way of a port, a proxy's or the server's own.
    package func url(port: Int) -> String {
        "postgres://postgres@127.0.0.1:\(port)/skein_test?sslmode=disable&gssencmode=disable"
    }

    private var pid: Int32? {
        let text = try? String(contentsOfFile: "\(folder)/postgres/postmaster.pid", encoding: .utf8)
        return text?.split(separator: "\n").first.flatMap { Int32($0) }
    }

    /// Crashes it: no checkpoint, recovery at the next start.
    package func crash() async throws {
        guard let pid else { return }
        kill(pid, SIGQUIT)
        try await until("PostgreSQL is gone") { kill(pid, 0) != 0 }
    }

    package func start() async throws {
        // Not by pg_ctl: it passes the server what this process waits for the end of.
        let command = ["\(bin)/postgres", "-D", "\(folder)/postgres", "-p", "\(port)"]
        let isRoot = geteuid() == 0
        let process = try ManagedProcess(
            "postgres", isRoot ? "/usr/sbin/runuser" : command[0],
            isRoot ? ["-u", "postgres", "--"] + command : Array(command.dropFirst()), folder: NSTemporaryDirectory())
        try await until("PostgreSQL is up", within: .seconds(90)) {
            guard process.isRunning else { throw ChaosFailure("PostgreSQL ended: \(process.err.suffix(1_000))") }
            var configuration = PostgresConfiguration(connectionString: url(port: port))
            configuration.connectTimeout = .seconds(2)
            let logger = Logger(label: "lab") { _ in SwiftLogNoOpLogHandler() }
            guard let connection = try? await PostgresConnection.connect(configuration, logger: logger) else {
                return false
            }
            await connection.close()
            return true
        }
    }
}

/// A Redis of this run's own.
package final class RedisServer: Sendable {
    package let port: Int
    private let folder: String
    private let process = Mutex<ManagedProcess?>(nil)

    package init(folder: String) throws {
        self.folder = folder
        port = try Self.freePort()
    }

    package func start() async throws {
        let started = try ManagedProcess(
            "redis", "/usr/bin/env",
            ["redis-server", "--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            folder: folder)
        process.withLock { $0 = started }
        try await until("redis-server listens") { started.out.contains("eady to accept connections") }
    }

    /// Whatever was in it is gone.
    package func crash() async throws {
        let running = process.withLock { $0 }
        running?.send(SIGCONT)
        running?.send(SIGKILL)
        try await running?.waitForExit()
    }

    package func freeze() { process.withLock { $0 }?.send(SIGSTOP) }
    package func thaw() { process.withLock { $0 }?.send(SIGCONT) }

    /// Runs one command on a connection of its own; nil when nobody answers.
    @discardableResult
    func command(_ words: [String]) async -> RedisReply? {
        guard var configuration = try? RedisConfiguration(url: "redis://127.0.0.1:\(port)/0") else { return nil }
        configuration.commandTimeout = .seconds(2)
        let client = RedisClient(
            configuration: configuration, logger: Logger(label: "chaos") { _ in SwiftLogNoOpLogHandler() })
        let reply = try? await client.command(words)
        await client.close()
        return reply
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 ? getsockname(descriptor, generic, &length) : -1
            }
        }
        guard status == 0 else { throw ChaosFailure("no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
