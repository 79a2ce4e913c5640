import ArgumentParser
import SkeinCore

/// `skein exec step ID`
struct ExecStepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "step", abstract: "Run one step of an execution here and now.",
        discussion:
            "For executions that were created without auto-run, or that wait. While another owns it: conflict (5).")

    @OptionGroup var target: ExecutionOptions

    func run() async throws {
        let reply = try await target.client.client().post(target.path + "/step", timeout: .seconds(3_600))
        let execution = reply.body.object?["execution"] ?? reply.body
        try target.client.printer.record(execution, columns: ExecutionColumns.list)
        let status = execution.object?["status"]?.string.flatMap { ExecutionStatus(rawValue: $0) }
        if status?.isEnded ?? false { try ExecutionWaiter.check(execution) }
    }
}
