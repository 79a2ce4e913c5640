import ArgumentParser
import SkeinCore

/// `skein limit open NAME`
struct LimitOpenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "open", abstract: "End the closing of a limit: whoever waits goes on.")

    @OptionGroup var target: LimitOptions

    func run() async throws {
        let reply = try await target.client.client().post(target.path + "/open", .object([:]))
        try target.client.printer.document(reply.body)
    }
}
