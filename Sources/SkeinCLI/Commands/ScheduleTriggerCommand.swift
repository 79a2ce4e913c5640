import ArgumentParser
import SkeinCore

/// `skein schedule trigger NAME`
struct ScheduleTriggerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trigger", abstract: "Have a tick now, paused or not.",
        discussion: "Shows what was decided: the schedule's policy holds for this tick, too.")

    @OptionGroup var target: ScheduleOptions

    @Option(help: "skip, bufferOne, bufferAll, cancelOther or allow, instead of the schedule's policy.")
    var overlap: String?

    @Option(help: "Why; kept with the execution.")
    var reason: String?

    func run() async throws {
        var body: JSONObject = [:]
        body["overlap"] = overlap.map { .string($0) }
        body["reason"] = reason.map { .string($0) }
        let reply = try await target.post("/trigger", .object(body))
        try target.client.printer.record(reply.body, columns: ScheduleCommand.ticks)
    }
}

/// `skein schedule backfill NAME`
struct ScheduleBackfillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backfill", abstract: "Run the ticks of a past span that have started nothing.",
        discussion: "A tick that has started an execution is never run again. At most 1,000 ticks.")

    @OptionGroup var target: ScheduleOptions

    @Option(help: "The first RFC 3339 time that counts.")
    var from: String

    @Option(help: "The last RFC 3339 time that counts.")
    var to: String

    @Option(help: "skip, bufferOne, bufferAll, cancelOther or allow. Default: bufferAll, one after the other.")
    var overlap: String?

    @Option(help: "Why; kept with the executions.")
    var reason: String?

    @Flag(name: .customLong("dry-run"), help: "Only show which they are.")
    var dryRun = false

    func run() async throws {
        var body: JSONObject = ["from": .string(from), "to": .string(to), "dryRun": .bool(dryRun)]
        body["overlap"] = overlap.map { .string($0) }
        body["reason"] = reason.map { .string($0) }
        let reply = try await target.post("/backfill", .object(body), timeout: .seconds(120))
        let count = reply.body.object?["count"]?.int64 ?? 0
        try target.client.printer.list(reply.body, columns: ScheduleCommand.ticks, empty: "no ticks to run")
        target.client.printer.console.note(dryRun ? "would run \(count) ticks" : "\(count) ticks decided")
    }
}
