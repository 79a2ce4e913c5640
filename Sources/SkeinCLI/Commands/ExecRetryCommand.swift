import ArgumentParser
import SkeinCore

/// `skein exec retry ID`
struct ExecRetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Let an ended execution go on where it failed, or from a step.")

    @OptionGroup var target: ExecutionOptions

    @Option(help: "The step to go on from. Default: what failed.")
    var from: String?

    @Option(help: "Why; kept with the execution.")
    var reason: String?

    func run() async throws {
        var body: JSONObject = [:]
        body["fromStep"] = from.map { .string($0) }
        body["reason"] = reason.map { .string($0) }
        let reply = try await target.client.client().post(target.path + "/retry", .object(body))
        try target.client.printer.record(reply.body.object?["execution"] ?? reply.body, columns: ExecutionColumns.list)
    }
}
