import ArgumentParser
import SkeinCore

/// `skein run FLOW`
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Start an execution of a flow.",
        discussion: """
            Prints the execution. With --wait or --follow the exit code tells how it ended: 0 completed, 2 failed, 3 cancelled, \
            7 not over within --timeout-ms.
            """)

    @Argument(help: "The flow's id.")
    var flow: String

    @Option(name: .shortAndLong, help: "The context: a JSON object, @FILE (JSON or YAML), or - for stdin.")
    var context: String?

    @Option(help: "Idempotency key: the same key gives the same execution.")
    var key: String?

    @Option(help: "A tag, to find it again.")
    var tag: String?

    @Option(help: "A version of the flow. Default: the latest.")
    var version: String?

    @Option(help: "-100 to 100, higher first.")
    var priority: Int?

    @Option(help: "Not before this many milliseconds have passed.")
    var delayMs: Int?

    @Flag(help: "Do not run it until `skein exec run` or `skein exec step`.")
    var noAutoRun = false

    @OptionGroup var waiting: WaitOptions
    @OptionGroup var client: ClientOptions

    func run() async throws {
        let server = try client.client()
        let printer = client.printer
        let reply = try await server.post(
            "/v1/executions", try request(), headers: key.map { [("Idempotency-Key", $0)] } ?? [])
        let execution = reply.body.object?["execution"] ?? reply.body
        let id = execution.object?["id"]?.string ?? ""
        if reply.isReplay || reply.body.object?["created"]?.bool == false {
            printer.console.note("the key belongs to this execution already; nothing new was started")
        }
        guard waiting.isOn else {
            try printer.record(execution, columns: ExecutionColumns.list)
            if printer.console.isErrorTerminal { printer.console.note("follow it with `skein exec follow \(id)`") }
            return
        }
        try await ExecutionWaiter(client: server, printer: printer, options: waiting).wait(for: id)
    }

    private func request() throws(CommandFailure) -> JSONValue {
        var body: JSONObject = ["flowId": .string(flow)]
        body["context"] = try context.map { argument throws(CommandFailure) in
            try JSONArgument.read(argument, option: "--context")
        }
        body["flowVersion"] = version.map { .string($0) }
        body["tag"] = tag.map { .string($0) }
        body["priority"] = priority.map { .int(Int64($0)) }
        body["delayMs"] = delayMs.map { .int(Int64($0)) }
        if noAutoRun { body["autoRun"] = false }
        return .object(body)
    }
}
