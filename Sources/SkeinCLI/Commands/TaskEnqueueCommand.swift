import ArgumentParser
import SkeinCore

/// `skein task enqueue NAME`
struct TaskEnqueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enqueue", abstract: "Start a task.",
        discussion: """
            Prints the task. With --wait or --follow the exit code tells how it ended: 0 completed, 2 failed, 3 cancelled, 7 not \
            over within --timeout-ms.
            """)

    @Argument(help: "The task's name.")
    var name: String

    @Option(name: .shortAndLong, help: "The payload: JSON, @FILE (JSON or YAML), or - for stdin.")
    var payload: String?

    @Option(help: "Idempotency key: the same key gives the same task.")
    var key: String?

    @Option(help: "A tag, to find it again.")
    var tag: String?

    @Option(help: "-100 to 100, higher first.")
    var priority: Int?

    @Option(help: "Not before this many milliseconds have passed.")
    var delayMs: Int?

    @Option(help: "How often it is tried, the first time included.")
    var maxRetries: Int?

    @Option(help: "Milliseconds between two attempts.")
    var retryIntervalMs: Int?

    @Option(help: "How long an attempt may take, in milliseconds.")
    var attemptTimeoutMs: Int?

    @OptionGroup var waiting: WaitOptions
    @OptionGroup var client: ClientOptions

    func run() async throws {
        let server = try client.client()
        let printer = client.printer
        let reply = try await server.post(
            "/v1/tasks", try request(), headers: key.map { [("Idempotency-Key", $0)] } ?? [])
        let task = reply.body.object?["task"] ?? reply.body
        if reply.isReplay || reply.body.object?["created"]?.bool == false {
            printer.console.note("the key belongs to this task already; nothing new was started")
        }
        guard waiting.isOn else { return try printer.record(task, columns: TaskCommand.columns) }
        try await ExecutionWaiter(client: server, printer: printer, options: waiting)
            .wait(for: task.object?["id"]?.string ?? "")
    }

    private func request() throws(CommandFailure) -> JSONValue {
        var body: JSONObject = ["name": .string(name)]
        body["payload"] = try payload.map { argument throws(CommandFailure) in
            try JSONArgument.read(argument, option: "--payload")
        }
        body["tag"] = tag.map { .string($0) }
        let numbers = [
            ("priority", priority), ("delayMs", delayMs), ("maxRetries", maxRetries),
            ("retryIntervalMs", retryIntervalMs), ("timeoutMs", attemptTimeoutMs),
        ]
        for (field, number) in numbers { body[field] = number.map { .int(Int64($0)) } }
        return .object(body)
    }
}
