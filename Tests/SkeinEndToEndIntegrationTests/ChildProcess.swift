import Foundation
import Synchronization

/// A program that was started, with its output in a file.
final class ChildProcess: Sendable {
    enum Exit: Sendable, Hashable {
        case code(Int32)
        case signal(Int32)
    }

    let label: String
    let pid: Int32
    private let output: URL
    private let errors: URL
    private let ended: Ended

    /// Starts a program with this environment and no other variables than `PATH` and `HOME`.
    init(_ label: String, _ program: URL, _ arguments: [String], environment: [String: String] = [:], folder: URL)
        throws
    {
        self.label = label
        output = folder.appending(path: "\(label).out")
        errors = folder.appending(path: "\(label).err")
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.currentDirectoryURL = folder
        let kept = TestEnvironment.variables.filter { ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH"].contains($0.key) }
        process.environment = kept.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try Self.open(output)
        process.standardError = try Self.open(errors)
        let ended = Ended()
        process.terminationHandler = { process in
            let status = process.terminationStatus
            ended.value.withLock { $0 = process.terminationReason == .exit ? .code(status) : .signal(status) }
        }
        try process.run()
        pid = process.processIdentifier
        self.ended = ended
    }

    private final class Ended: Sendable {
        let value = Mutex<Exit?>(nil)
    }

    private static func open(_ file: URL) throws -> FileHandle {
        try Data().write(to: file)
        return try FileHandle(forWritingTo: file)
    }

    /// How it ended; nil while it runs.
    var end: Exit? { ended.value.withLock { $0 } }

    var isRunning: Bool { end == nil }

    /// What it has written to standard output so far.
    var out: String { Self.read(output) }

    /// What it has written to standard error so far.
    var err: String { Self.read(errors) }

    private static func read(_ file: URL) -> String {
        (try? Data(contentsOf: file)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    func send(_ signal: Int32) {
        if isRunning { kill(pid, signal) }
    }

    @discardableResult
    func waitForExit(within limit: Duration = .seconds(30)) async throws -> Exit {
        try await eventually("the exit of \(label)", within: limit) { end }
    }

    /// Ends it: asks, and after a while does not ask any more.
    func stop() async {
        send(SIGCONT)
        send(SIGTERM)
        if (try? await waitForExit(within: .seconds(3))) != nil { return }
        send(SIGKILL)
        _ = try? await waitForExit(within: .seconds(10))
    }
}
