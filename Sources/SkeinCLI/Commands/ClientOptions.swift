import ArgumentParser
import FoundationEssentials

/// What every command that talks to a server takes.
struct ClientOptions: ParsableArguments {
    @Option(help: "The server. Default: SKEIN_URL or \(Self.defaultURL).")
    var url: String?

    @OptionGroup var shown: OutputOptions

    static let defaultURL = "http://127.0.0.1:7580"

    var printer: Printer { shown.printer }

    /// - Throws: a usage failure when the address cannot be one.
    func client() throws -> ServerClient {
        let named = ProcessInfo.processInfo.environment["SKEIN_URL"].flatMap {
            $0.isEmpty || $0.hasPrefix("tcp://") ? nil : $0
        }
        return try ServerClient(url: url ?? named ?? Self.defaultURL)
    }
}
