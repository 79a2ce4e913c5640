import ArgumentParser

/// `skein flow list`
struct FlowListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the latest version of each flow.")

    @OptionGroup var client: ClientOptions

    func run() async throws {
        let page = try await PageReader(client: try client.client()).read("/v1/flows", limit: nil)
        try client.printer.list(
            page, columns: Self.columns, empty: "no flows; register one with `skein flow register FILE`")
    }

    static let columns = [Column("id"), Column("version"), Column("name"), Column("description")]
}
