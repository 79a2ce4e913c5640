import ArgumentParser

/// `skein limit list`
struct LimitListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List limits: how many hold a permit, how many wait, what is closed.")

    @OptionGroup var client: ClientOptions

    @Option(help: "Only names after this one.")
    var after: String?

    @Option(help: "At most this many.")
    var limit = 100

    func run() async throws {
        let page = try await client.client().get(
            "/v1/limits", [("limit", String(limit)), ("after", after)])
        try client.printer.list(page, columns: Self.columns, empty: "no limits are in use")
    }

    static let columns = [
        Column("name"), Column("concurrency"), Column("held"), Column("queued"), Column("opensAt", "OPENS", .time),
    ]
}
