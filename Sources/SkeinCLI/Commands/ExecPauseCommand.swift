import ArgumentParser
import SkeinCore

/// `skein exec pause ID`
struct ExecPauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Hold an execution until it is resumed.",
        discussion: "An attempt that runs is interrupted, its result is dropped.")

    @OptionGroup var target: ExecutionOptions

    @Option(help: "Why; kept with the execution.")
    var reason: String?

    func run() async throws {
        var body: JSONObject = [:]
        body["reason"] = reason.map { .string($0) }
        let reply = try await target.client.client().post(target.path + "/pause", .object(body))
        try target.client.printer.record(reply.body.object?["execution"] ?? reply.body, columns: ExecutionColumns.list)
    }
}
