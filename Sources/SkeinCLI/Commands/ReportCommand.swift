import ArgumentParser
import Skein
import SkeinCore

/// `skein report VIEW`
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Show a view of the reporting schema.",
        discussion:
            "Views: \(ReportView.allCases.map(\.rawValue).joined(separator: ", ")). In SQL they are skein_report.<view>_v1."
    )

    @Argument(help: "The view, such as flow_hourly.")
    var view: String

    @OptionGroup var client: ClientOptions

    @Option(
        help: "From then on: a span back from now, such as 24h, or a time, such as 2026-01-31T00:00:00Z. Default: 24h.")
    var since: String?

    @Option(help: "Before then: a time.")
    var until: String?

    @Option(help: "Only this flow.")
    var flow: String?

    @Option(help: "Only this tenant.")
    var tenant: String?

    @Option(help: "At most this many rows.")
    var limit = 1_000

    func run() async throws {
        var from = since ?? "24h"
        if Timestamp(from) == nil {
            let span = try Span.milliseconds(from, of: "--since")
            from = (client.printer.now + .milliseconds(-span)).description
        }
        let page = try await client.client().get(
            "/v1/reports/\(view.percentEncoded)",
            [("since", from), ("until", until), ("flowId", flow), ("tenantId", tenant), ("limit", String(limit))],
            timeout: .seconds(120))
        // Every row has every column.
        let keys = Printer.items(of: page).first?.object?.keys.map(\.self) ?? []
        try client.printer.list(
            page,
            columns: keys.filter { client.printer.format != .table || $0 != "asOf" }.map {
                Column($0, nil, $0 == "status" ? .status : .plain)
            }, empty: "there is nothing in it")
    }
}
