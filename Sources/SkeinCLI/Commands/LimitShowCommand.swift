import ArgumentParser

/// `skein limit show NAME`
struct LimitShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a limit: who has a permit, how many wait, until when it is closed.")

    @OptionGroup var target: LimitOptions

    func run() async throws {
        try target.client.printer.document(try await target.client.client().get(target.path, []))
    }
}
