import ArgumentParser

/// `skein exec show ID`
struct ExecShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Print an execution.")

    @OptionGroup var target: ExecutionOptions

    func run() async throws {
        let execution = try await target.client.client().get(target.path)
        try target.client.printer.record(execution, columns: ExecutionColumns.list)
    }
}
