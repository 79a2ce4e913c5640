import ArgumentParser
import Skein
import SkeinCore

/// `skein task list`
struct TaskListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List tasks, newest first.", discussion: "--status may repeat.")

    @Option(help: "\(Self.known.joined(separator: ", "))")
    var status: [String] = []

    @Option(help: "The task's name.")
    var name: String?

    @Option(help: "The tag.")
    var tag: String?

    @Option(help: "The tenant.")
    var tenant: String?

    @Option(help: "The parent task.")
    var parent: String?

    @Option(help: "The first task of the family.")
    var root: String?

    @Option(help: "Why it is suspended.")
    var reason: String?

    @Option(help: "At most so many.")
    var limit = 50

    @Flag(help: "All there are, whatever --limit says.")
    var all = false

    @OptionGroup var client: ClientOptions

    private static let known = TaskStatus.allCases.map(\.rawValue)

    func validate() throws {
        let unknown = status.filter { !Self.known.contains($0) }
        guard unknown.isEmpty else {
            throw ValidationError(
                "no such status: \(unknown.joined(separator: ", ")); there are \(Self.known.joined(separator: ", "))")
        }
        guard limit > 0 else { throw ValidationError("--limit must be positive") }
    }

    func run() async throws {
        let query: [(String, String?)] =
            status.map { ("status", $0) } + [
                ("name", name), ("tag", tag), ("tenantId", tenant), ("parentId", parent), ("rootId", root),
                ("suspendReason", reason),
            ]
        let page = try await PageReader(client: try client.client())
            .read("/v1/tasks", query, limit: all ? nil : limit)
        let printer = client.printer
        try printer.list(page, columns: TaskCommand.columns, empty: "no tasks")
        if printer.format == .table, page.object?["hasMore"]?.bool == true {
            printer.console.note("there are more: --limit, --all")
        }
    }
}
