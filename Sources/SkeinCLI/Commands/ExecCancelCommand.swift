import ArgumentParser
import SkeinCore

/// `skein exec cancel ID…`
struct ExecCancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "End executions before their time.",
        discussion: "What has ended stays as it is. Of several some may fail (9).")

    @Argument(help: "Ids of executions.")
    var ids: [String]

    @Option(help: "Why; kept with the execution.")
    var reason: String?

    @OptionGroup var client: ClientOptions

    func run() async throws {
        let server = try client.client()
        var body: JSONObject = [:]
        body["reason"] = reason.map { .string($0) }
        var cancelled: [JSONValue] = []
        var failures: [CommandFailure] = []
        for id in ids {
            do {
                let reply = try await server.post("/v1/executions/\(id.percentEncoded)/cancel", .object(body))
                if reply.body.object?["cancelled"]?.bool == false {
                    client.printer.console.note("\(id) had ended before")
                }
                cancelled.append(reply.body.object?["execution"] ?? reply.body)
            } catch let failure as CommandFailure {
                if failure.status == .unreachable { throw failure }
                failures.append(failure.naming(id, amongOthers: ids.count > 1))
            }
        }
        if let only = cancelled.first, ids.count == 1 {
            try client.printer.record(only, columns: ExecutionColumns.list)
        } else if !cancelled.isEmpty {
            try client.printer.list(.object(["items": .array(cancelled)]), columns: ExecutionColumns.list, empty: "")
        }
        try CommandFailure.throwAll(failures, of: ids.count, what: "cancels")
    }
}
