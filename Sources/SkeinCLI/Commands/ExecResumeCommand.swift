import ArgumentParser
import SkeinCore

/// `skein exec resume ID`
struct ExecResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Continue an execution that waits to be resumed, or cut a timer short.")

    @OptionGroup var target: ExecutionOptions

    @Option(name: .shortAndLong, help: "What the flow finds under resumeData: JSON, @FILE, or - for stdin.")
    var data: String?

    func run() async throws {
        var body: JSONObject = [:]
        body["data"] = try data.map { try JSONArgument.read($0, option: "--data") }
        let reply = try await target.client.client().post(target.path + "/resume", .object(body))
        try target.client.printer.record(reply.body.object?["execution"] ?? reply.body, columns: ExecutionColumns.list)
    }
}
