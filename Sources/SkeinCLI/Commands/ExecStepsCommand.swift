import ArgumentParser

/// `skein exec steps ID`
struct ExecStepsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "steps", abstract: "List its steps.")

    @OptionGroup var target: ExecutionOptions

    func run() async throws {
        let page = try await PageReader(client: try target.client.client()).read(target.path + "/steps", limit: nil)
        try target.client.printer.list(page, columns: ExecutionColumns.steps, empty: "no steps yet")
    }
}
