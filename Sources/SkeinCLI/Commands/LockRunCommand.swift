import ArgumentParser
import Foundation
import Skein
import SkeinCore
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// `skein lock run NAME -- COMMAND…`
struct LockRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a command while holding a lock that one caller of the cluster can hold.",
        discussion: """
            The command finds its fencing token, larger than every holder's before, in SKEIN_LOCK_TOKEN. It is ended by SIGTERM when \
            the lock is lost or this process is told to stop. Exits as the command does; 5 when the lock was not free in time. \
            The database and Redis come from the environment.
            """)

    @Argument(help: "The lock's name.")
    var name: String

    @Option(help: "How long a holder that fell silent keeps it, in milliseconds.")
    var ttlMs = 30_000

    @Option(help: "How long to wait for it, in milliseconds. Default: not at all.")
    var timeoutMs = 0

    @Argument(parsing: .postTerminator, help: "The command and its arguments, after --.")
    var command: [String] = []

    func validate() throws {
        if command.isEmpty { throw ValidationError("a command is missing: skein lock run \(name) -- COMMAND…") }
        if ttlMs < 100 { throw ValidationError("--ttl-ms must be at least 100") }
        if timeoutMs < 0 { throw ValidationError("--timeout-ms must not be negative") }
    }

    func run() async throws {
        let console = Console.process
        var reader = SettingsReader(
            purpose: .tool, flags: [:], environment: ProcessInfo.processInfo.environment, file: nil)
        let result = reader.read()
        try SettingsReader.refuse(result.problems)
        guard result.settings.databaseURL != nil else { throw MigrateCommand.noDatabase }
        let composition = Composition(settings: result.settings, console: console)
        let store = composition.watchedPostgresStore()
        let status: Int32
        do {
            let engine = try composition.engine(
                store, try composition.coordination(isWatched: true), claims: false, isClustered: true)
            status = try await hold(engine)
        } catch {
            await store.close()
            throw error
        }
        await store.close()
        throw ExitCode(status)
    }

    private func hold(_ engine: Engine) async throws -> Int32 {
        let child = HeldCommand(command)
        let signals = StopSignals { child.stop() }
        // Beside the command, and cancelled with it: a stop is passed on, never waited for.
        let watch = Task { try? await signals.run() }
        defer { watch.cancel() }
        do {
            return try await engine.withLock(name, ttl: .milliseconds(ttlMs), wait: .milliseconds(timeoutMs)) { fence in
                try await child.run(token: fence.token)
            }
        } catch let error as EngineError where error.code == .lockUnavailable {
            throw CommandFailure(
                .conflict, error.message, fix: "wait for it with --timeout-ms, or see `skein lock list`")
        }
    }
}

/// The command that a lock is held for. Not Foundation's `Process`: that one takes a program for running as long as
/// anything it started is.
private final class HeldCommand: Sendable {
    private struct State {
        var pid: pid_t?
        var mustStop = false
    }

    private let command: [String]
    private let state = Mutex(State())

    init(_ command: [String]) { self.command = command }

    /// Runs it to its end and returns its exit code, 128 more than the signal that ended it. A cancelled task ends it.
    func run(token: Int64) async throws -> Int32 {
        var environment = ProcessInfo.processInfo.environment
        environment["SKEIN_LOCK_TOKEN"] = String(token)
        guard !state.withLock({ $0.mustStop }) else { throw CancellationError() }
        let pid = try Self.spawn(command, environment)
        let mustStop = state.withLock { state in
            state.pid = pid
            return state.mustStop
        }
        if mustStop { stop() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                Thread.detachNewThread {
                    continuation.resume(returning: self.end(of: pid))
                }
            }
        } onCancel: {
            stop()
        }
    }

    func stop() {
        state.withLock { state in
            state.mustStop = true
            // Under the lock: once it has been waited for, its number may be another's.
            if let pid = state.pid { _ = kill(pid, SIGTERM) }
        }
    }

    private func end(of pid: pid_t) -> Int32 {
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        return state.withLock { state in
            state.pid = nil
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            let signal = status & 0x7F
            return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
        }
    }

    /// With the default for every signal: this process ignores some, and a child would inherit that.
    private static func spawn(_ command: [String], _ environment: [String: String]) throws -> pid_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        let arguments = command.map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var pid: pid_t = 0
        let problem = posix_spawnp(&pid, command[0], nil, &attributes, arguments, variables)
        guard problem == 0 else {
            throw CommandFailure(.failure, "\(command[0]) cannot be run: \(String(cString: strerror(problem)))")
        }
        return pid
    }
}
