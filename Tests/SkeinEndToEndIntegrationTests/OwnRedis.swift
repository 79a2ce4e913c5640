import Foundation
import Logging
import RedisClient
import Synchronization

/// A Redis of one test's own, which can be stopped, started again and emptied without anybody else noticing.
final class OwnRedis: Sendable {
    let port: Int
    private let folder: URL
    private let process = Mutex<ChildProcess?>(nil)
    private let starts = Mutex(0)

    var url: String { "redis://127.0.0.1:\(port)/0" }

    private init() throws {
        port = try TestEnvironment.freePort()
        folder = FileManager.default.temporaryDirectory.appending(path: TestEnvironment.randomName())
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    static func run(_ body: (OwnRedis) async throws -> Void) async throws {
        let redis = try OwnRedis()
        do {
            try await redis.start()
            try await body(redis)
        } catch {
            await redis.remove()
            throw error
        }
        await redis.remove()
    }

    func start() async throws {
        let number = starts.withLock { starts in
            starts += 1
            return starts
        }
        let started = try ChildProcess(
            "redis-\(number)", TestEnvironment.redisServer(),
            ["--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder.path],
            folder: folder)
        process.withLock { $0 = started }
        try await until("redis-server listens") { started.out.contains("eady to accept connections") }
    }

    /// As after a crash: whatever was in it is gone.
    func crash() async throws {
        process.withLock { $0 }?.send(SIGKILL)
        try await process.withLock { $0 }?.waitForExit()
    }

    /// The process is there and its connections stay open, but nobody answers.
    func freeze() { process.withLock { $0 }?.send(SIGSTOP) }

    func thaw() { process.withLock { $0 }?.send(SIGCONT) }

    /// A client that waits longer than those of the engine do.
    func client() throws -> RedisClient {
        try Self.client(url)
    }

    static func client(_ url: String) throws -> RedisClient {
        var configuration = try RedisConfiguration(url: url)
        configuration.commandTimeout = .seconds(10)
        configuration.connectTimeout = .seconds(5)
        return RedisClient(
            configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func remove() async {
        let last = process.withLock { $0 }
        let folder = folder
        await shielded {
            last?.send(SIGKILL)
            _ = try? await last?.waitForExit()
            try? FileManager.default.removeItem(at: folder)
        }
    }
}
