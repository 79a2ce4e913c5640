import ArgumentParser
import SkeinCore

/// `skein limit close NAME`
struct LimitCloseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "close", abstract: "Let no step under a limit begin until a time, or until it is opened.")

    @OptionGroup var target: LimitOptions

    @Option(help: "Until then (RFC 3339). Default: until it is opened.")
    var until: String?

    @Option(name: .customLong("for-ms"), help: "For that many milliseconds.")
    var forMs: Int?

    @Option(help: "Why; `explain` says it.")
    var reason: String?

    func run() async throws {
        var body: JSONObject = [:]
        body["until"] = until.map { .string($0) }
        body["forMs"] = forMs.map { .int(Int64($0)) }
        body["reason"] = reason.map { .string($0) }
        let reply = try await target.client.client().post(target.path + "/close", .object(body))
        try target.client.printer.document(reply.body)
    }
}
