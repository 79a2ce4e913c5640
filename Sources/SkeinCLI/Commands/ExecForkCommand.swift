import ArgumentParser
import SkeinCore

/// `skein exec fork ID --at STEP`
struct ExecForkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fork", abstract: "Start a new execution at a step of another, with its context.")

    @OptionGroup var target: ExecutionOptions

    @Option(help: "The step to begin at.")
    var at: String

    @Option(name: .shortAndLong, help: "The context instead: JSON, @FILE, or - for stdin.")
    var context: String?

    func run() async throws {
        var body: JSONObject = [:]
        body["fromStep"] = .string(at)
        body["context"] = try context.map { try JSONArgument.read($0, option: "--context") }
        let reply = try await target.client.client().post(target.path + "/fork", .object(body))
        try target.client.printer.record(reply.body.object?["execution"] ?? reply.body, columns: ExecutionColumns.list)
    }
}
