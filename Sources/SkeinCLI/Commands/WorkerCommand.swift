import ArgumentParser

/// `skein worker …`
struct WorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Look at the instances.", subcommands: [WorkerListCommand.self])
}
