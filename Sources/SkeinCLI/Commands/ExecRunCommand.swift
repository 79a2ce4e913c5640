import ArgumentParser
import SkeinCore

/// `skein exec run ID`
struct ExecRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Drive an execution here and now, until it ends or waits.",
        discussion:
            "For executions that were created without auto-run, or that wait. While another owns it: conflict (5).")

    @OptionGroup var target: ExecutionOptions

    func run() async throws {
        let reply = try await target.client.client().post(target.path + "/run", timeout: .seconds(3_600))
        let execution = reply.body.object?["execution"] ?? reply.body
        try target.client.printer.record(execution, columns: ExecutionColumns.list)
        let status = execution.object?["status"]?.string.flatMap { ExecutionStatus(rawValue: $0) }
        if status?.isEnded ?? false { try ExecutionWaiter.check(execution) }
    }
}
