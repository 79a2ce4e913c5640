import ArgumentParser
import SkeinCore

/// `skein flow pause ID`
struct FlowPauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Let no step of a flow's executions begin until it is resumed.",
        discussion: "Steps that run are left alone; new executions are accepted and wait.")

    @Argument(help: "The flow's id.")
    var id: String

    @Option(help: "Why; `explain` says it.")
    var reason: String?

    @OptionGroup var client: ClientOptions

    func run() async throws {
        var body: JSONObject = [:]
        body["reason"] = reason.map { .string($0) }
        let reply = try await client.client().post("/v1/flows/\(id.percentEncoded)/pause", .object(body))
        try client.printer.document(reply.body)
    }
}
