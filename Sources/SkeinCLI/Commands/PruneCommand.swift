import ArgumentParser
import SkeinCore

/// `skein prune`
struct PruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Take away what has been over for long, whole workflows at a time.",
        discussion:
            "Nothing leaves before it has been over for an hour, and nothing that somebody holds. Without --older-than and --keep the server's own policy counts."
    )

    @OptionGroup var client: ClientOptions

    @Option(help: "How long whatever has ended is kept, such as 30d, 12h.")
    var olderThan: String?

    @Option(
        help:
            "How long executions of one status are kept, such as failed=90d. May be repeated; statuses that are not named stay."
    )
    var keep: [String] = []

    @Flag(help: "Only count.")
    var dryRun = false

    @Option(help: "Why; kept with the record of it.")
    var reason: String?

    func run() async throws {
        var body: JSONObject = ["dryRun": .bool(dryRun)]
        body["reason"] = reason.map { .string($0) }
        if let olderThan { body["olderThanMs"] = .int(try Span.milliseconds(olderThan, of: "--older-than")) }
        var policy = JSONObject()
        for text in keep {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                throw CommandFailure(.usage, "--keep \(text) is not STATUS=AGE", fix: "give it as failed=90d")
            }
            policy[parts[0]] = .int(try Span.milliseconds(parts[1], of: "--keep"))
        }
        if !policy.isEmpty { body["policy"] = .object(policy) }
        let reply = try await client.client().post("/v1/prune", .object(body), timeout: .seconds(3_600)).body
        try client.printer.record(
            reply,
            columns: [Column("workflows"), Column("executions"), Column("logRows", "ROWS"), Column("months")])
    }
}
