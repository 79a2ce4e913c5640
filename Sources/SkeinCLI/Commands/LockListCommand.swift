import ArgumentParser

/// `skein lock list`
struct LockListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List locks: name, holder, since, remaining time.")

    @OptionGroup var client: ClientOptions

    func run() async throws {
        let page = try await PageReader(client: try client.client()).read("/v1/locks", limit: nil)
        try client.printer.list(page, columns: Self.columns, empty: "no locks are held")
    }

    static let columns = [
        Column("name"), Column("holder"), Column("since", "SINCE", .time), Column("ttlMs", "TTL", .milliseconds),
    ]
}
