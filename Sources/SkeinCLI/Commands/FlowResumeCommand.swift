import ArgumentParser
import SkeinCore

/// `skein flow resume ID`
struct FlowResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Let the executions of a paused flow go on.")

    @Argument(help: "The flow's id.")
    var id: String

    @Option(help: "Why; kept in the audit trail.")
    var reason: String?

    @OptionGroup var client: ClientOptions

    func run() async throws {
        var body: JSONObject = [:]
        body["reason"] = reason.map { .string($0) }
        let reply = try await client.client().post("/v1/flows/\(id.percentEncoded)/resume", .object(body))
        try client.printer.document(reply.body)
    }
}
