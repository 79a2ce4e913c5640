import ArgumentParser
import SkeinCore

/// `skein limit open NAME`
struct LimitOpenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "open", abstract: "End the closing of a limit: whoever waits goes on.")

    @OptionGroup var target: LimitOptions

    @Option(help: "Why; kept in the audit trail.")
    var reason: String?

    func run() async throws {
        var body: JSONObject = [:]
        body["reason"] = reason.map { .string($0) }
        let reply = try await target.client.client().post(target.path + "/open", .object(body))
        try target.client.printer.document(reply.body)
    }
}
