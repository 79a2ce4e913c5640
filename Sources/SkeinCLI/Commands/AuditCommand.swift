import ArgumentParser
import SkeinCore

/// `skein audit …`
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "See how workflows went, who did what, and whether the log is as it was written.",
        subcommands: [
            AuditSummaryCommand.self, AuditVerifyCommand.self, AuditEventsCommand.self, AuditTrailCommand.self,
        ])
}

/// `skein audit summary ID`
struct AuditSummaryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "summary",
        abstract:
            "Tell how a workflow went: totals, outcomes, timing, failures, the critical path, the slowest attempts.")

    @Argument(help: "The id of any execution or task of the workflow.")
    var id: String

    @OptionGroup var client: ClientOptions

    func run() async throws {
        try client.printer.document(
            try await client.client().get("/v1/executions/\(id.percentEncoded)/summary", timeout: .seconds(120)))
    }
}

/// `skein audit verify [ID]`
struct AuditVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Recompute the hashes of the log: of one execution, of those of a time, of all.",
        discussion: "Exit: 0 all fits, 1 something does not.")

    @Argument(help: "The id of an execution. Default: all of them.")
    var id: String?

    @Option(help: "Only executions created from then on, such as 2026-01-31T00:00:00Z.")
    var from: String?

    @Option(help: "Only executions created before then.")
    var to: String?

    @OptionGroup var client: ClientOptions

    func run() async throws {
        let server = try client.client()
        var items: [JSONValue] = []
        var checked: Int64 = 0
        if let id {
            let page = try await server.get("/v1/executions/\(id.percentEncoded)/verify")
            items = Printer.items(of: page)
            checked = page.object?["checked"]?.int64 ?? 0
        } else {
            var cursor: String?
            repeat {
                let query = [("from", from), ("to", to), ("cursor", cursor), ("limit", "2000")]
                let page = try await server.get("/v1/audit/verify", query, timeout: .seconds(120))
                items += Printer.items(of: page)
                checked += page.object?["checked"]?.int64 ?? 0
                cursor = page.object?["cursor"]?.string
            } while cursor != nil
        }
        let result: JSONObject = [
            "ok": .bool(items.isEmpty), "checked": .int(checked), "items": .array(items),
        ]
        let columns = [Column("executionId", "EXECUTION"), Column("seq"), Column("problem")]
        try client.printer.list(.object(result), columns: columns, empty: "the logs of \(checked) executions fit")
        if !items.isEmpty {
            throw CommandFailure(
                .failure, "\(items.count) rows of the log do not fit",
                fix: "somebody changed them behind the engine's back, or the disk did: compare with a backup")
        }
    }
}

/// `skein audit events ID`
struct AuditEventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "List the events of a whole workflow in the order of their times.")

    @Argument(help: "The id of any execution or task of the workflow.")
    var id: String

    @OptionGroup var client: ClientOptions

    @Option(help: "Only events of this type, such as step.failed.")
    var type: String?

    @Option(help: "asc or desc.")
    var order: String?

    @Option(help: "At most this many. Default: all.")
    var limit: Int?

    func run() async throws {
        let page = try await PageReader(client: try client.client()).read(
            "/v1/executions/\(id.percentEncoded)/audit", [("type", type), ("order", order)], limit: limit)
        let columns = [
            Column("at", "AT", .time), Column("executionId", "EXECUTION"), Column("seq"), Column("type"),
            Column("stepId", "STEP"), Column("attempt"), Column("message"),
        ]
        try client.printer.list(page, columns: columns, empty: "there are no such events")
    }
}

/// `skein audit trail`
struct AuditTrailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trail",
        abstract: "List what people did to flows, schedules, limits and what is stored, the latest first.")

    @OptionGroup var client: ClientOptions

    @Option(help: "Only what was done to this: a schedule's id, a limit's name, ….")
    var target: String?

    @Option(help: "Only this, such as retention.prune.")
    var action: String?

    @Option(help: "Only by this one.")
    var actor: String?

    @Option(help: "At most this many.")
    var limit = 50

    func run() async throws {
        let page = try await client.client().get(
            "/v1/audit",
            [("target", target), ("action", action), ("actor", actor), ("limit", String(limit))])
        let columns = [
            Column("at", "AT", .time), Column("actor"), Column("action"), Column("target"), Column("reason"),
            Column("requestId", "REQUEST"),
        ]
        try client.printer.list(page, columns: columns, empty: "nobody did anything of the kind")
    }
}
