import ArgumentParser

/// `skein exec …`
struct ExecCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Look at executions and act on them.",
        subcommands: [
            ExecListCommand.self, ExecShowCommand.self, ExecEventsCommand.self, ExecAttemptsCommand.self,
            ExecStepsCommand.self,
            ExecFollowCommand.self, ExecRunCommand.self, ExecStepCommand.self, ExecCancelCommand.self,
            ExecResumeCommand.self,
            ExecSignalCommand.self, ExecPauseCommand.self, ExecRetryCommand.self, ExecForkCommand.self,
            ExecSkipCommand.self, ExecTreeCommand.self, ExecExplainCommand.self, ExecDeleteCommand.self,
        ])
}
