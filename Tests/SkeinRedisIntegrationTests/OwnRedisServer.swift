import Foundation

/// A server process of one test's own, on a unix socket in a directory of its own.
final class OwnRedisServer {
    struct StartFailure: Error {
        let output: String
    }

    static let executable = ["/usr/bin/redis-server", "/usr/local/bin/redis-server", "/opt/homebrew/bin/redis-server"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    private let directory: URL
    private var process = Process()

    var url: String { "redis+unix://\(directory.path)/redis.sock" }

    private init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "sc-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    /// Runs a body with a fresh server that ends with it.
    static func run(isStarted: Bool = true, _ body: (OwnRedisServer) async throws -> Void) async throws {
        let server = try OwnRedisServer()
        defer {
            server.stop()
            try? FileManager.default.removeItem(at: server.directory)
        }
        if isStarted { try server.start() }
        try await body(server)
    }

    /// Starts an empty server and returns when it accepts connections.
    func start() throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: Self.executable ?? "/usr/bin/redis-server")
        process.arguments = [
            "--port", "0", "--unixsocket", "\(directory.path)/redis.sock", "--save", "", "--dir", directory.path,
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        var text = ""
        while !text.contains("eady to accept connections") {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw StartFailure(output: text) }
            text += String(decoding: data, as: UTF8.self)
        }
    }

    /// Ends the process and waits for it.
    func stop() {
        guard process.isRunning else { return }
        // Children of this process may have the milder signals blocked; a frozen one hears none but this.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Freezes the process: it accepts and answers nothing.
    func freeze() { kill(process.processIdentifier, SIGSTOP) }

    /// Lets a frozen process go on.
    func thaw() { kill(process.processIdentifier, SIGCONT) }
}
