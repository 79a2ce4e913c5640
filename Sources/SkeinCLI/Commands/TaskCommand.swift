import ArgumentParser
import SkeinCore

/// `skein task …`
struct TaskCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "task", abstract: "Start tasks and look after them.",
        subcommands: [
            TaskEnqueueCommand.self, TaskListCommand.self, TaskShowCommand.self, TaskPauseCommand.self,
            TaskResumeCommand.self, TaskCancelCommand.self,
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
