import ArgumentParser
import SkeinCore

/// `skein flow resume ID`
struct FlowResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Let the executions of a paused flow go on.")

    @Argument(help: "The flow's id.")
    var id: String

    @OptionGroup var client: ClientOptions

    func run() async throws {
        let reply = try await client.client().post("/v1/flows/\(id.percentEncoded)/resume", .object([:]))
        try client.printer.document(reply.body)
    }
}
