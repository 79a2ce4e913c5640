import ArgumentParser

/// `skein token revoke ID`
struct TokenRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Make a token useless.",
        discussion: "By its id, as `skein token list` shows it. Revoking it again changes nothing.")

    @Argument(help: "The token's id.")
    var id: String

    @OptionGroup var client: ClientOptions

    func run() async throws {
        let revoked = try await client.client().delete("/v1/tokens/\(id.percentEncoded)")
        try client.printer.record(revoked, columns: TokenCommand.columns)
    }
}
