import ArgumentParser
import SkeinCore

/// `skein exec explain ID`
struct ExecExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say what an execution waits for, or why it goes no further.")

    @OptionGroup var target: ExecutionOptions

    func run() async throws {
        let explanation = try await target.client.client().get(target.path + "/explain")
        let printer = target.client.printer
        switch printer.format {
        case .table, .csv, .jsonl:
            try printer.list(
                .array(explanation.object?["reasons"]?.array ?? []), columns: Self.columns, empty: "no reasons")
        case .json, .yaml: try printer.document(explanation)
        }
    }

    static let columns = [
        Column("code"), Column("stepId", "STEP"), Column("message"), Column("since", "SINCE", .time),
        Column("until", "UNTIL", .time), Column("details"),
    ]
}
