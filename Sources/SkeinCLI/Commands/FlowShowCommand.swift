import ArgumentParser

/// `skein flow show ID`
struct FlowShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print a definition as it was registered.",
        discussion: "With -o yaml or -o json it can be edited and registered again under a new version.")

    @Argument(help: "The flow's id.")
    var id: String

    @Option(help: "A version. Default: the latest.")
    var version: String?

    @OptionGroup var client: ClientOptions

    func run() async throws {
        let flow = try await client.client().get("/v1/flows/\(id.percentEncoded)", [("version", version)])
        try client.printer.document(flow)
    }
}
