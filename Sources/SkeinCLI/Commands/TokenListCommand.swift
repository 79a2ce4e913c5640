import ArgumentParser

/// `skein token list EXECUTION`
struct TokenListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the resume tokens of an execution.",
        discussion: "A token itself is shown once, when it is made; here it has a name.")

    @OptionGroup var target: ExecutionOptions

    func run() async throws {
        let page = try await PageReader(client: try target.client.client()).read(target.path + "/tokens", limit: nil)
        try target.client.printer.list(page, columns: TokenCommand.columns, empty: "no tokens")
    }
}
