import ArgumentParser

/// `skein flow …`
struct FlowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flow", abstract: "Check, register and look at flow definitions.",
        subcommands: [
            FlowValidateCommand.self, FlowRegisterCommand.self, FlowListCommand.self, FlowShowCommand.self,
            FlowGraphCommand.self, FlowPauseCommand.self, FlowResumeCommand.self,
        ])
}
