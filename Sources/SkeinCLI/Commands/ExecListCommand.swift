import ArgumentParser
import SkeinCore

/// `skein exec list`
struct ExecListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List executions, newest first.", discussion: "Filters may repeat.")

    @Option(help: "pending, running, waiting, paused, completed, failed, cancelled, …")
    var status: [String] = []

    @Option(help: "The flow's id.")
    var flow: [String] = []

    @Option(help: "The tag.")
    var tag: [String] = []

    @Option(help: "The tenant.")
    var tenant: [String] = []

    @Option(help: "The parent execution.")
    var parent: String?

    @Option(help: "The first execution of the tree.")
    var root: String?

    @Option(help: "Created after this RFC 3339 time.")
    var after: String?

    @Option(help: "Created before this RFC 3339 time.")
    var before: String?

    @Option(help: "At most so many.")
    var limit = 50

    @Option(help: "Leave out so many.")
    var offset = 0

    @Flag(help: "All there are, whatever --limit says.")
    var all = false

    @OptionGroup var client: ClientOptions

    func validate() throws {
        let known = ExecutionStatus.allCases.map(\.rawValue)
        let unknown = status.filter { !known.contains($0) }
        guard unknown.isEmpty else {
            throw ValidationError(
                "no such status: \(unknown.joined(separator: ", ")); there are \(known.joined(separator: ", "))")
        }
        guard limit > 0, offset >= 0 else {
            throw ValidationError("--limit must be positive and --offset not negative")
        }
    }

    func run() async throws {
        let query: [(String, String?)] =
            status.map { ("status", $0) } + flow.map { ("flowId", $0) } + tag.map { ("tag", $0) }
            + tenant.map { ("tenantId", $0) } + [
                ("parentId", parent), ("rootId", root), ("createdAfter", after), ("createdBefore", before),
            ]
        let page = try await PageReader(client: try client.client())
            .read("/v1/executions", query, limit: all ? nil : limit, offset: offset)
        let printer = client.printer
        try printer.list(page, columns: ExecutionColumns.list, empty: "no executions")
        if printer.format == .table, page.object?["hasMore"]?.bool == true {
            printer.console.note("there are more: --limit, --offset, --all")
        }
    }
}
