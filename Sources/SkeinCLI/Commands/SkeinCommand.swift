import ArgumentParser

/// The root of all commands.
struct SkeinCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skein",
        abstract: "Durable workflows over PostgreSQL and Redis.",
        discussion: """
            Try it: `skein dev`. Exit codes: 0 ok, 1 failure, 2 execution failed, 3 cancelled, 4 not found, 5 conflict, 6 auth, \
            7 wait timed out, 8 server not reachable, 9 part failed, 64 usage, 130 interrupted.
            """,
        version: Version.current,
        subcommands: [
            DevCommand.self, ServeCommand.self, MigrateCommand.self, FlowCommand.self, RunCommand.self,
            ExecCommand.self, TaskCommand.self,
            ScheduleCommand.self, TokenCommand.self, LockCommand.self, LimitCommand.self, WorkerCommand.self,
            AuditCommand.self, PruneCommand.self, ReportCommand.self, EvalCommand.self,
            DoctorCommand.self,
            VersionCommand.self,
            CompletionsCommand.self,
        ])
}
