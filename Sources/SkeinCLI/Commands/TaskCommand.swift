import ArgumentParser
import SkeinCore

/// `skein task …`
struct TaskCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "task", abstract: "Start tasks and look after them.",
        subcommands: [
            TaskEnqueueCommand.self, TaskListCommand.self, TaskShowCommand.self, TaskPauseCommand.self,
            TaskResumeCommand.self, TaskCancelCommand.self, TaskDeleteCommand.self, TaskStatsCommand.self,
        ])

    static let columns = [
        Column("id"), Column("name"), Column("status", "STATUS", .status), Column("retryCount", "RETRIES"),
        Column("priority"), Column("tag"), Column("createdAt", "CREATED", .time), Column("suspendReason", "WAITS FOR"),
    ]
}

/// The task that a command is about.
struct TaskOptions: ParsableArguments {
    @Argument(help: "The task's id.")
    var id: String

    @OptionGroup var client: ClientOptions

    /// Where the API has it.
    func path(_ verb: String = "") -> String { "/v1/tasks/\(id.percentEncoded)\(verb)" }

    func tell(_ verb: String, reason: String?) async throws {
        var body: JSONObject = [:]
        body["reason"] = reason.map { .string($0) }
        let reply = try await client.client().post(path(verb), .object(body)).body
        if reply.object?["cancelled"]?.bool == false { client.printer.console.note("\(id) had ended before") }
        try client.printer.record(reply.object?["task"] ?? reply, columns: TaskCommand.columns)
    }
}

/// `skein task show ID`
struct TaskShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Print a task.")

    @OptionGroup var target: TaskOptions

    func run() async throws {
        try target.client.printer.record(
            try await target.client.client().get(target.path()), columns: TaskCommand.columns)
    }
}

/// `skein task pause ID`
struct TaskPauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Hold a task until it is resumed.",
        discussion: "An attempt that runs is interrupted, its result is dropped.")

    @OptionGroup var target: TaskOptions

    @Option(help: "Why; kept with the task.")
    var reason: String?

    func run() async throws { try await target.tell("/pause", reason: reason) }
}

/// `skein task resume ID`
struct TaskResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Let a paused task go on, or a suspended one with its next stage.",
        discussion: "A task that waits for its children goes on by itself when they have ended.")

    @OptionGroup var target: TaskOptions

    @Option(help: "Why; kept with the task. Default: manual.")
    var reason: String?

    func run() async throws { try await target.tell("/resume", reason: reason) }
}

/// `skein task cancel ID`
struct TaskCancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "End a task before its time, with its children.",
        discussion: "What has ended stays as it is.")

    @OptionGroup var target: TaskOptions

    @Option(help: "Why; kept with the task.")
    var reason: String?

    func run() async throws { try await target.tell("/cancel", reason: reason) }
}

/// `skein task delete`
struct TaskDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Take tasks away that have ended: one by its id, or those that filters find.",
        discussion: "All filters count together. What lives stays, and children go with their roots.")

    @Argument(help: "The task's id.")
    var id: String?

    @Option(help: "Only tasks of this name.")
    var name: String?

    @Option(help: "Only tasks in this status: completed or permanently_failed.")
    var status: String?

    @Option(help: "Only tasks with this tag.")
    var tag: String?

    @Flag(help: "Every task that has ended: needed when there is no filter.")
    var all = false

    @Option(help: "Why; kept with the record of it.")
    var reason: String?

    @OptionGroup var client: ClientOptions

    func run() async throws {
        let filters = [("name", name), ("status", status), ("tag", tag)]
        let isFiltered = filters.contains { $0.1 != nil }
        if let id {
            guard !isFiltered, !all else {
                throw CommandFailure(.usage, "an id and filters do not go together", fix: "give one of them")
            }
            let reply = try await client.client().delete("/v1/executions/\(id.percentEncoded)", [("reason", reason)])
            return try client.printer.record(reply, columns: [Column("deleted")])
        }
        guard isFiltered || all else {
            throw CommandFailure(.usage, "nothing says which tasks", fix: "give an id, a filter, or --all")
        }
        let reply = try await client.client().delete(
            "/v1/tasks", filters + [("reason", reason)], timeout: .seconds(600))
        try client.printer.record(reply, columns: [Column("deleted")])
    }
}

/// `skein task stats`
struct TaskStatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Count tasks by tag, name and status.")

    @Option(help: "Only of this tag.")
    var tag: String?

    @Option(help: "Only in this status.")
    var status: String?

    @OptionGroup var client: ClientOptions

    func run() async throws {
        let page = try await client.client().get("/v1/tasks/stats", [("tag", tag), ("status", status)])
        let columns = [Column("tag"), Column("name"), Column("status", "STATUS", .status), Column("count")]
        try client.printer.list(page, columns: columns, empty: "there are no such tasks")
    }
}
