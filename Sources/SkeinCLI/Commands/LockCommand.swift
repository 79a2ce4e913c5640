import ArgumentParser

/// `skein lock …`
struct LockCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lock", abstract: "Look at the locks that instances hold, or hold one.",
        subcommands: [LockListCommand.self, LockRunCommand.self])
}
