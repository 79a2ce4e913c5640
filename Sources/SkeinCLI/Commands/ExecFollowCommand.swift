import ArgumentParser

/// `skein exec follow ID`
struct ExecFollowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "follow", abstract: "Print events as they happen, until the end.",
        discussion: "The exit code tells how it ended: 0 completed, 2 failed, 3 cancelled.")

    @OptionGroup var target: ExecutionOptions

    @Option(help: "Begin with the event of this number.")
    var from: Int64 = 1

    func validate() throws {
        guard from >= 1 else { throw ValidationError("--from begins at 1") }
    }

    func run() async throws {
        let printer = target.client.printer
        var lines = EventLines(printer: printer)
        let execution = try await EventFollower(client: try target.client.client(), console: printer.console)
            .follow(target.id, from: from) { try lines.show($0) }
        try ExecutionWaiter.check(execution)
    }
}
