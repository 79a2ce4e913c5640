import ArgumentParser

/// `skein exec attempts ID`
struct ExecAttemptsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attempts", abstract: "List the attempts at its steps.")

    @OptionGroup var target: ExecutionOptions

    func run() async throws {
        let page = try await PageReader(client: try target.client.client()).read(target.path + "/attempts", limit: nil)
        try target.client.printer.list(page, columns: ExecutionColumns.attempts, empty: "no attempts yet")
    }
}
