import ArgumentParser

/// `skein schedule show NAME`
struct ScheduleShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a schedule and what its executions do.")

    @OptionGroup var target: ScheduleOptions

    func run() async throws {
        try target.client.printer.record(
            try await target.client.client().get(target.path(), target.tenantQuery), columns: ScheduleCommand.columns)
    }
}

/// `skein schedule ticks NAME`
struct ScheduleTicksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ticks", abstract: "List what was decided about its ticks, latest first.")

    @OptionGroup var target: ScheduleOptions

    @Option(help: "Ticks from this RFC 3339 time on.")
    var from: String?

    @Option(help: "Ticks up to this RFC 3339 time.")
    var to: String?

    @Option(help: "At most so many.")
    var limit = 50

    func run() async throws {
        let path = "/v1/schedules/\(target.schedule.percentEncoded)/ticks"
        let page = try await PageReader(client: try target.client.client()).read(
            path, target.tenantQuery + [("from", from), ("to", to)], limit: max(1, limit))
        try target.client.printer.list(page, columns: ScheduleCommand.ticks, empty: "no ticks")
    }
}
