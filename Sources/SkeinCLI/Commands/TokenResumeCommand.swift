import ArgumentParser
import SkeinCore

/// `skein token resume TOKEN`
struct TokenResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Use a token: end the wait it was made for.",
        discussion: "A token works once. With - it is read from stdin, so that it is in no list of processes.")

    @Argument(help: "The token itself, or -.")
    var token: String

    @Option(name: .shortAndLong, help: "What the flow finds under resumeData: JSON, @FILE, or - for stdin.")
    var data: String?

    @OptionGroup var client: ClientOptions

    func run() async throws {
        if token == "-", data == "-" {
            throw CommandFailure(
                .usage, "stdin cannot be both the token and --data", fix: "give one of them in another way")
        }
        var secret = token
        if token == "-" {
            secret = String(try TextFile.readInput().split(whereSeparator: \.isWhitespace).first ?? "")
        }
        var body: JSONObject = [:]
        body["data"] = try data.map { try JSONArgument.read($0, option: "--data") }
        let reply = try await client.client().post("/v1/tokens/\(secret.percentEncoded)/resume", .object(body))
        try client.printer.record(
            reply.body,
            columns: [
                Column("id"), Column("flowId", "FLOW"), Column("status", "STATUS", .status), Column("stepId", "STEP"),
                Column("tokenId", "TOKEN"),
            ])
    }
}
