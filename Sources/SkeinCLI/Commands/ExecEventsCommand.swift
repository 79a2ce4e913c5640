import ArgumentParser

/// `skein exec events ID`
struct ExecEventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "List what was recorded about an execution.")

    @OptionGroup var target: ExecutionOptions

    func run() async throws {
        let page = try await PageReader(client: try target.client.client()).read(target.path + "/events", limit: nil)
        try target.client.printer.list(page, columns: EventLines.columns, empty: "no events yet")
    }
}
