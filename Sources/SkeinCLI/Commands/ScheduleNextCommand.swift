import ArgumentParser
import SkeinCore

/// `skein schedule next EXPR|NAME`
struct ScheduleNextCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "next", abstract: "Tell when a cron expression or a schedule fires.",
        discussion: "For an expression no server is asked; a schedule is found by its name or id.")

    @Argument(help: "A cron expression, as in '0 2 * * *' or @daily; else a schedule's name or id.")
    var expr: String

    @Option(help: "The time zone of the expression. Default: UTC.")
    var tz: String?

    @Option(help: "The RFC 3339 time that they come after. Default: now.")
    var from: String?

    @Option(name: [.customShort("n"), .customLong("count")], help: "How many. Default: 10.")
    var count = 10

    @Option(help: "The tenant, for a schedule's name.")
    var tenant: String?

    @OptionGroup var client: ClientOptions

    private var isExpression: Bool {
        expr.hasPrefix("@") || expr.split(whereSeparator: \.isWhitespace).count > 4
    }

    func run() async throws {
        let ticks: JSONValue
        if isExpression {
            var request: JSONObject = ["cron": .string(expr), "n": .int(Int64(count))]
            request["tz"] = tz.map { .string($0) }
            request["from"] = from.map { .string($0) }
            do {
                ticks = try CronEvaluation.value(of: request)
            } catch {
                throw CommandFailure(.usage, "\(error)", fix: "see `skein schedule next --help`")
            }
        } else {
            let answer = try await client.client().get(
                "/v1/schedules/\(expr.percentEncoded)/next",
                [("n", String(count)), ("from", from), ("tenantId", tenant)])
            ticks = answer.object?["items"] ?? .array([])
        }
        let items = (ticks.array ?? []).map { JSONValue.object(["at": $0]) }
        try client.printer.list(.array(items), columns: [Column("at", "AT")], empty: "it never fires again")
    }
}
