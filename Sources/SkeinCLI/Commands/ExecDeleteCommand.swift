import ArgumentParser
import SkeinCore

/// `skein exec delete ID`
struct ExecDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Take a workflow away that is over, with everything that it started.",
        discussion: "Nobody sees it any more; its rows leave when it has been over for an hour.")

    @OptionGroup var target: ExecutionOptions

    @Option(help: "Why; kept with the record of it.")
    var reason: String?

    func run() async throws {
        let reply = try await target.client.client().delete(target.path, [("reason", reason)])
        try target.client.printer.record(reply, columns: [Column("deleted")])
    }
}
