// One command line from arguments to exit status.

import ArgumentParser

/// Parses and runs a command, and says on stderr why it failed and what to do.
struct CommandRunner {
    var console: Console

    /// The process's exit code: that of `run`, or of the program that the command ran for its caller.
    func exitCode(_ arguments: [String]) async -> Int32 {
        do {
            try await perform(arguments)
            return ExitStatus.ok.rawValue
        } catch let code as ExitCode where code != .success && code != .validationFailure {
            return code.rawValue
        } catch {
            return report(error).rawValue
        }
    }

    func run(_ arguments: [String]) async -> ExitStatus {
        do {
            try await perform(arguments)
            return .ok
        } catch {
            return report(error)
        }
    }

    private func perform(_ arguments: [String]) async throws {
        let command = try Self.parse(arguments)
        if var command = command as? any AsyncParsableCommand {
            try await command.run()
        } else {
            var command = command
            try command.run()
        }
    }

    /// The command that the arguments name, not run yet.
    static func parse(_ arguments: [String]) throws -> any ParsableCommand { try SkeinCommand.parseAsRoot(arguments) }

    private func report(_ error: any Error) -> ExitStatus {
        switch error {
        case let failure as CommandFailure:
            for line in failure.lines { console.note(line) }
            return failure.status
        case is ClosedOutput:
            return .ok
        case is CancellationError:
            return .interrupted
        default:
            return reportFromParser(error)
        }
    }

    /// Help, usage errors and whatever else the argument parser knows how to print.
    private func reportFromParser(_ error: any Error) -> ExitStatus {
        let code = SkeinCommand.exitCode(for: error)
        let text = SkeinCommand.fullMessage(for: error)
        if code == .success {
            do { try console.write(text + "\n") } catch { return .ok }
            return .ok
        }
        if code == .validationFailure {
            for line in text.split(separator: "\n", omittingEmptySubsequences: false) { console.note(String(line)) }
            return .usage
        }
        for line in CommandFailure(.failure, "\(error)").lines { console.note(line) }
        return .failure
    }
}
