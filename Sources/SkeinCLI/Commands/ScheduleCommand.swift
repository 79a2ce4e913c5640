import ArgumentParser
import SkeinCore

/// `skein schedule …`
struct ScheduleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule", abstract: "Start executions at certain times.",
        discussion: "A schedule is named by its name or its id.",
        subcommands: [
            ScheduleCreateCommand.self, ScheduleListCommand.self, ScheduleShowCommand.self, ScheduleTicksCommand.self,
            ScheduleNextCommand.self, SchedulePauseCommand.self, ScheduleResumeCommand.self,
            ScheduleTriggerCommand.self,
            ScheduleBackfillCommand.self, ScheduleDeleteCommand.self,
        ])

    static let columns = [
        Column("name"), Column("flowId", "FLOW"), Column("cron"), Column("timeZone", "ZONE"),
        Column("intervalMs", "EVERY", .milliseconds), Column("at", "AT", .time), Column("overlap"), Column("paused"),
        Column("nextAt", "NEXT", .time), Column("id"),
    ]

    static let ticks = [
        Column("at", "TICK", .time), Column("decision", "DECISION", .status), Column("source"),
        Column("executionId", "EXECUTION"), Column("decidedAt", "DECIDED", .time), Column("error"),
    ]
}

/// The schedule that a command is about.
struct ScheduleOptions: ParsableArguments {
    @Argument(help: "The schedule's name or id.")
    var schedule: String

    @Option(help: "The tenant, for a name of one of its schedules.")
    var tenant: String?

    @OptionGroup var client: ClientOptions

    /// Where the API has it.
    func path(_ verb: String = "") -> String { "/v1/schedules/\(schedule.percentEncoded)\(verb)" }

    /// Asks the schedule for something.
    func post(_ verb: String, _ body: JSONValue, timeout: Duration = .seconds(30)) async throws -> ServerClient.Reply {
        try await client.client().post(path(verb), body, query: tenantQuery, timeout: timeout)
    }

    /// The body of a request that has a reason at most.
    func because(_ reason: String?) -> JSONValue { .object(reason.map { ["reason": .string($0)] } ?? [:]) }

    var tenantQuery: [(String, String?)] { [("tenantId", tenant)] }
}
