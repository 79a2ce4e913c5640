import ArgumentParser
import SkeinCore

/// `skein exec skip ID STEP`
struct ExecSkipCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skip", abstract: "Pass over a step that an execution is stuck at.")

    @OptionGroup var target: ExecutionOptions

    @Argument(help: "The step.")
    var step: String

    @Option(name: .shortAndLong, help: "What it is to have returned: JSON, @FILE, or - for stdin.")
    var output: String?

    @Option(help: "Why; kept with the execution.")
    var reason: String?

    func run() async throws {
        var body: JSONObject = [:]
        body["output"] = try output.map { try JSONArgument.read($0, option: "--output") }
        body["reason"] = reason.map { .string($0) }
        let reply = try await target.client.client().post(
            target.path + "/steps/\(step.percentEncoded)/skip", .object(body))
        try target.client.printer.record(reply.body.object?["execution"] ?? reply.body, columns: ExecutionColumns.list)
    }
}
