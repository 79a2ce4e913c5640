import ArgumentParser
import SkeinCore

/// `skein schedule create NAME`
struct ScheduleCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a schedule.",
        discussion: """
            By exactly one of --cron, --every-ms and --at. The same schedule again changes nothing; another one of the same name is a \
            conflict.
            """)

    @Argument(help: "Its name.")
    var name: String

    @Option(help: "The id of the flow that it starts.")
    var flow: String

    @Option(help: "The flow's version. Default: the latest at each tick.")
    var version: String?

    @Option(help: "A cron expression, as in '0 2 * * MON-FRI'.")
    var cron: String?

    @Option(help: "The time zone of the cron expression. Default: the server's SKEIN_TIMEZONE.")
    var tz: String?

    @Option(name: .customLong("every-ms"), help: "An interval of so many milliseconds, 1000 or more.")
    var everyMs: Int64?

    @Option(help: "Once, at this RFC 3339 time.")
    var at: String?

    @Option(name: .shortAndLong, help: "The context of every execution: JSON, @FILE, or - for stdin.")
    var context: String?

    @Option(
        help: "skip, bufferOne, bufferAll, cancelOther or allow: what if the last execution still runs. Default: skip.")
    var overlap: String?

    @Option(help: "latest, all or none: which missed ticks are made up for. Default: latest.")
    var missed: String?

    @Option(name: .customLong("missed-window-ms"), help: "How late a tick may be. Default: an hour.")
    var missedWindowMs: Int64?

    @Option(name: .customLong("missed-max"), help: "How many at once with --missed all. Default: 100.")
    var missedMax: Int64?

    @Option(name: .customLong("jitter-ms"), help: "Begin up to this much later. Default: 0.")
    var jitterMs: Int64?

    @Option(help: "No tick before this RFC 3339 time.")
    var start: String?

    @Option(help: "No tick from this RFC 3339 time on.")
    var end: String?

    @Option(help: "A tag for the executions.")
    var tag: String?

    @Option(help: "The tenant.")
    var tenant: String?

    @Option(help: "-100 to 100, higher first.")
    var priority: Int64?

    @Option(help: "Why; kept in the audit trail.")
    var reason: String?

    @Flag(help: "Do not begin before `skein schedule resume`.")
    var paused = false

    @OptionGroup var client: ClientOptions

    func run() async throws {
        var body: JSONObject = ["name": .string(name), "flowId": .string(flow)]
        let texts = [
            "flowVersion": version, "cron": cron, "timeZone": tz, "at": at, "overlap": overlap, "missed": missed,
            "startAt": start, "endAt": end, "tag": tag, "tenantId": tenant, "reason": reason,
        ]
        for (key, text) in texts { body[key] = text.map { .string($0) } }
        let numbers = [
            "intervalMs": everyMs, "missedWindowMs": missedWindowMs, "missedMax": missedMax, "jitterMs": jitterMs,
            "priority": priority,
        ]
        for (key, number) in numbers { body[key] = number.map { .int($0) } }
        body["context"] = try context.map { try JSONArgument.read($0, option: "--context") }
        if paused { body["paused"] = true }
        let reply = try await client.client().post("/v1/schedules", .object(body))
        try client.printer.record(reply.body, columns: ScheduleCommand.columns)
    }
}
