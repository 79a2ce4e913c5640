import ArgumentParser
import SkeinCore

/// `skein exec signal ID NAME`
struct ExecSignalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "signal", abstract: "Send a signal to an execution.",
        discussion: "It is kept until the execution waits for a signal of this name, and consumed once.")

    @OptionGroup var target: ExecutionOptions

    @Argument(help: "The signal's name.")
    var name: String

    @Option(name: .shortAndLong, help: "JSON, @FILE, or - for stdin.")
    var payload: String?

    func run() async throws {
        var body: JSONObject = [:]
        body["payload"] = try payload.map { try JSONArgument.read($0, option: "--payload") }
        let reply = try await target.client.client().post(
            target.path + "/signals/\(name.percentEncoded)", .object(body))
        if case .object(let object) = reply.body, !object.isEmpty {
            try target.client.printer.record(object["execution"] ?? reply.body, columns: ExecutionColumns.list)
        } else {
            target.client.printer.console.note("the signal '\(name)' was accepted")
        }
    }
}
