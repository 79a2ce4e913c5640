import ArgumentParser

/// `skein schedule pause NAME`
struct SchedulePauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Have no ticks until resumed.",
        discussion: "Executions that it started go on. Ticks of the time in between are not made up for; see backfill.")

    @OptionGroup var target: ScheduleOptions

    @Option(help: "Why; kept in the audit trail.")
    var reason: String?

    func run() async throws {
        let reply = try await target.post("/pause", target.because(reason))
        try target.client.printer.record(reply.body, columns: ScheduleCommand.columns)
    }
}

/// `skein schedule resume NAME`
struct ScheduleResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Go on with the next tick after now.")

    @OptionGroup var target: ScheduleOptions

    @Option(help: "Why; kept in the audit trail.")
    var reason: String?

    func run() async throws {
        let reply = try await target.post("/resume", target.because(reason))
        try target.client.printer.record(reply.body, columns: ScheduleCommand.columns)
    }
}

/// `skein schedule delete NAME`
struct ScheduleDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Remove a schedule and its ticks.",
        discussion: "Executions that it started stay and go on.")

    @OptionGroup var target: ScheduleOptions

    @Option(help: "Why; kept in the audit trail.")
    var reason: String?

    func run() async throws {
        let reply = try await target.client.client().delete(
            target.path(), target.tenantQuery + [("reason", reason)])
        try target.client.printer.record(reply, columns: [Column("id"), Column("deleted")])
    }
}
