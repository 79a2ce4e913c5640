import ArgumentParser

/// `skein schedule list`
struct ScheduleListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List schedules by name.")

    @Option(help: "The flow's id.")
    var flow: String?

    @Option(help: "The tenant.")
    var tenant: String?

    @Flag(help: "Only those that are paused.")
    var paused = false

    @OptionGroup var client: ClientOptions

    func run() async throws {
        let page = try await PageReader(client: try client.client()).read(
            "/v1/schedules", [("flowId", flow), ("tenantId", tenant), ("paused", paused ? "true" : nil)], limit: nil)
        try client.printer.list(page, columns: ScheduleCommand.columns, empty: "no schedules")
    }
}
