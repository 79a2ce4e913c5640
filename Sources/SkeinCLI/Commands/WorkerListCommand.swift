import ArgumentParser

/// `skein worker list`
struct WorkerListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the instances and what leads where.")

    @OptionGroup var client: ClientOptions

    func run() async throws {
        let page = try await PageReader(client: try client.client()).read("/v1/workers", limit: nil)
        try client.printer.list(page, columns: Self.columns, empty: "no instances")
    }

    static let columns = [
        Column("id"), Column("podId", "POD"), Column("live"), Column("executionsInProgress", "EXECUTIONS"),
        Column("draining"),
        Column("startedAt", "STARTED", .time), Column("heartbeatAt", "HEARTBEAT", .time), Column("handlers"),
    ]
}
