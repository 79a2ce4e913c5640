import ArgumentParser
import SkeinCore

/// `skein eval cron EXPR`
struct EvalCronCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cron", abstract: "Tell when a cron expression fires.",
        discussion: "Asks no server: the time zones are those of this machine. See also `skein schedule next`.")

    @Argument(help: "The expression, as in '0 2 * * MON-FRI'.")
    var expr: String?

    @Option(help: "A time zone of the IANA database. Default: UTC.")
    var tz: String?

    @Option(help: "The RFC 3339 time that they come after. Default: now.")
    var from: String?

    @Option(name: [.customShort("n"), .customLong("count")], help: "How many. Default: 5.")
    var count: Int?

    @OptionGroup var batch: BatchOptions

    func run() throws {
        try batch.run(.cron, [("EXPR", expr.map { .string($0) })]) { request in
            request["tz"] = tz.map { .string($0) }
            request["from"] = from.map { .string($0) }
            request["n"] = count.map { .int(Int64($0)) }
        }
    }
}
