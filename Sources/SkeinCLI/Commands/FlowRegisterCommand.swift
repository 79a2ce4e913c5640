import ArgumentParser
import SkeinCore

/// `skein flow register FILE…`
struct FlowRegisterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "register", abstract: "Store definitions on the server.",
        discussion:
            "A version never changes: the same content again is fine, another one is a conflict (5). Of several files some may fail (9)."
    )

    @Argument(help: "YAML or JSON; - is stdin.")
    var files: [String]

    @Flag(help: "Refuse step types that no instance has a handler for.")
    var strict = false

    @Option(help: "Why; kept in the audit trail.")
    var reason: String?

    @OptionGroup var client: ClientOptions

    func run() async throws {
        let server = try client.client()
        let console = Console.process
        var registered: [JSONValue] = []
        var failures: [CommandFailure] = []
        for file in files {
            do {
                registered.append(try await register(file, server, console))
            } catch let failure as CommandFailure {
                if failure.status == .unreachable { throw failure }
                failures.append(failure.naming(file, amongOthers: files.count > 1))
            }
        }
        if let only = registered.first, files.count == 1 {
            try client.printer.record(only, columns: Self.columns)
        } else if !registered.isEmpty {
            try client.printer.list(.object(["items": .array(registered)]), columns: Self.columns, empty: "")
        }
        try CommandFailure.throwAll(failures, of: files.count, what: "files")
    }

    private func register(_ file: String, _ server: ServerClient, _ console: Console) async throws -> JSONValue {
        let document = try DocumentFile(path: file)
        let query = [("strict", strict ? "true" : nil), ("reason", reason)]
        let reply = try await server.post("/v1/flows", document.value, query: query)
        let body = reply.body.object ?? [:]
        for warning in body["warnings"]?.array ?? [] {
            console.note("warning: \(document.path): \(ServerProblem.line(warning))")
        }
        let flow = body["flow"]?.object ?? body
        return .object([
            "id": flow["id"] ?? .null, "version": flow["version"] ?? .null,
            "outcome": .string(reply.status == 201 ? "new" : "identical"),
            "warnings": body["warnings"] ?? .array([]),
        ])
    }

    static let columns = [Column("id"), Column("version"), Column("outcome")]
}
