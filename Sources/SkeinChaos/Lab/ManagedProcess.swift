import Foundation
import Synchronization

/// A program that was started, with its output in files.
package final class ManagedProcess: Sendable {
    package let label: String
    package let pid: Int32
    private let errors: String
    private let output: String
    private let ended: Ended

    private final class Ended: Sendable {
        let status = Mutex<Int32?>(nil)
    }

    /// Starts a program.
    ///
    /// - Parameter environment: on top of this process's own.
    package init(
        _ label: String, _ program: String, _ arguments: [String], environment: [String: String] = [:], folder: String
    ) throws {
        self.label = label
        output = "\(folder)/\(label).out"
        errors = "\(folder)/\(label).err"
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try Self.open(output)
        process.standardError = try Self.open(errors)
        let ended = Ended()
        process.terminationHandler = { process in ended.status.withLock { $0 = process.terminationStatus } }
        try process.run()
        pid = process.processIdentifier
        self.ended = ended
    }

    private static func open(_ path: String) throws -> FileHandle {
        try Data().write(to: URL(filePath: path))
        return try FileHandle(forWritingTo: URL(filePath: path))
    }

    package var isRunning: Bool { ended.status.withLock { $0 == nil } }

    /// What it has written to standard error so far.
    package var err: String { (try? String(contentsOfFile: errors, encoding: .utf8)) ?? "" }

    /// What it has written to standard output so far.
    package var out: String { (try? String(contentsOfFile: output, encoding: .utf8)) ?? "" }

    package func send(_ signal: Int32) {
        if isRunning { kill(pid, signal) }
    }

    package func waitForExit(within limit: Duration = .seconds(30)) async throws {
        try await until("the exit of \(label)", within: limit) { !isRunning }
    }

    /// Ends it for certain.
    package func stop() async {
        send(SIGCONT)
        send(SIGTERM)
        if (try? await waitForExit(within: .seconds(4))) != nil { return }
        send(SIGKILL)
        try? await waitForExit(within: .seconds(10))
    }
}

/// Asks until the answer is there. The pauses are between questions, never instead of them.
package func eventually<Answer>(
    _ what: String, within limit: Duration = .seconds(30), every pause: Duration = .milliseconds(20),
    _ ask: () async throws -> Answer?
) async throws -> Answer {
    let deadline = ContinuousClock.now + limit
    while true {
        if let answer = try await ask() { return answer }
        guard ContinuousClock.now < deadline else { throw ChaosFailure("not within \(limit): \(what)") }
        try await Task.sleep(for: pause)
    }
}

/// As above, for what is true or not.
package func until(
    _ what: String, within limit: Duration = .seconds(30), every pause: Duration = .milliseconds(20),
    _ holds: () async throws -> Bool
) async throws {
    try await eventually(what, within: limit, every: pause) { try await holds() ? () : nil }
}
