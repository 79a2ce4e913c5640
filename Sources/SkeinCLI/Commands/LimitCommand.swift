import ArgumentParser

/// `skein limit …`
struct LimitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limit", abstract: "Look at limits that all instances share; close and open them.",
        discussion:
            "flow:<id>[:<key>] executions in progress, rate:<id>[:<key>] executions that begin, handler:<type>[:<key>] steps that run.",
        subcommands: [LimitListCommand.self, LimitShowCommand.self, LimitCloseCommand.self, LimitOpenCommand.self])
}

/// The limit that a command is about.
struct LimitOptions: ParsableArguments {
    @Argument(help: "The limit's name, such as flow:order or rate:order:ada.")
    var name: String

    @OptionGroup var client: ClientOptions

    /// Where the API has it.
    var path: String { "/v1/limits/\(name.percentEncoded)" }
}
