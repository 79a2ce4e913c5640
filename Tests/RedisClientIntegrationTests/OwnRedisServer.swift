import Foundation

/// A server process of one test's own, on a unix socket in a directory of its own unless told otherwise.
struct OwnRedisServer {
    struct StartFailure: Error {
        let output: String
    }

    static let executable = ["/usr/bin/redis-server", "/usr/local/bin/redis-server", "/opt/homebrew/bin/redis-server"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    let directory: URL
    private let process = Process()
    private let output = Pipe()

    var url: String { "redis+unix://\(directory.path)/redis.sock" }
    var pid: Int32 { process.processIdentifier }

    /// Starts a server and returns when it accepts connections.
    init(directory: URL? = nil, arguments: [String] = ["--port", "0"]) throws {
        let directory = try directory ?? Self.makeDirectory()
        self.directory = directory
        process.executableURL = URL(fileURLWithPath: Self.executable ?? "/usr/bin/redis-server")
        process.arguments =
            arguments + ["--unixsocket", "\(directory.path)/redis.sock", "--save", "", "--dir", directory.path]
        process.standardOutput = output
        try process.run()
        var text = ""
        while !text.contains("eady to accept connections") {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw StartFailure(output: text) }
            text += String(decoding: data, as: UTF8.self)
        }
    }

    /// Runs a body against a fresh server that ends with it.
    static func run(arguments: [String] = ["--port", "0"], body: (OwnRedisServer) async throws -> Void) async throws {
        let server = try OwnRedisServer(arguments: arguments)
        defer {
            server.stop()
            try? FileManager.default.removeItem(at: server.directory)
        }
        try await body(server)
    }

    /// Ends the process, stopped or not, and waits for it: its output ends when it does.
    func stop() {
        kill(pid, SIGKILL)
        _ = try? output.fileHandleForReading.readToEnd()
    }

    static func makeDirectory() throws -> URL {
        let directory = FileManager.default.temporaryDirectory.appending(path: "rc-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        return directory
    }

    /// Runs a program to its end, which must leave a file behind; otherwise its standard error is in the failure.
    static func execute(_ path: String, _ arguments: [String], making file: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        guard FileManager.default.fileExists(atPath: file) else { throw StartFailure(output: text) }
    }

    /// A port that was free a moment ago.
    static func freePort() throws -> Int {
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
        guard status == 0 else { throw StartFailure(output: "no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
