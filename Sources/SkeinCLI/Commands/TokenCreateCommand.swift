import ArgumentParser
import SkeinCore

/// `skein token create EXECUTION`
struct TokenCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a token for a step that waits for one.",
        discussion: "It is shown this once. Whoever has it may end the wait.")

    @OptionGroup var target: ExecutionOptions

    @Option(help: "The step; needed when the execution is at several.")
    var step: String?

    @Option(name: .customLong("expires-in-ms"), help: "How long it lasts. Default: 7 days.")
    var expiresInMs: Int64?

    @Option(help: "For people who list tokens: JSON, @FILE, or - for stdin.")
    var metadata: String?

    func run() async throws {
        var body: JSONObject = [:]
        body["stepId"] = step.map { .string($0) }
        body["expiresInMs"] = expiresInMs.map { .int($0) }
        body["metadata"] = try metadata.map { try JSONArgument.read($0, option: "--metadata") }
        let reply = try await target.client.client().post(target.path + "/tokens", .object(body))
        try target.client.printer.record(
            reply.body,
            columns: [
                Column("token"), Column("tokenId", "ID"), Column("stepId", "STEP"),
                Column("expiresAt", "EXPIRES", .time),
            ])
    }
}
