import ArgumentParser
import SkeinCore

/// `skein flow validate FILE…`
struct FlowValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Check definitions; needs no server.",
        discussion: """
            Reports every problem at once with its code and place. A step type that no built-in handler has is a warning. \
            Exit code 1 when a file is invalid.
            """)

    @Argument(help: "YAML or JSON; - is stdin.")
    var files: [String]

    @Flag(help: "Warnings count as problems.")
    var strict = false

    @OptionGroup var shown: OutputOptions

    func run() throws {
        let types = Composition.builtinTypes
        var reports: [FlowReport] = []
        var failures: [CommandFailure] = []
        for file in files {
            do throws(CommandFailure) {
                reports.append(FlowReport(try DocumentFile(path: file), knownTypes: types, strict: strict))
            } catch {
                failures.append(error)
            }
        }
        try show(reports)
        let invalid = reports.filter { !$0.isValid }
        failures += invalid.map { report in
            let count = report.problemCount
            return CommandFailure(
                .failure, "\(report.file) is not valid: \(count) problem\(count == 1 ? "" : "s")",
                fix: "correct what is listed, then validate again")
        }
        if files.count == 1, let only = failures.first { throw only }
        guard failures.isEmpty else {
            throw CommandFailure(
                .failure, "\(failures.count) of \(files.count) files are not valid", details: failures.map(\.what),
                fix: "correct what is listed, then validate again")
        }
    }

    private func show(_ reports: [FlowReport]) throws {
        let printer = shown.printer
        guard printer.format == .table else {
            if reports.count == 1, files.count == 1, printer.format != .csv {
                return try printer.document(reports[0].json)
            }
            let items = printer.format == .csv ? reports.flatMap(\.problems) : reports.map(\.json)
            return try printer.list(.object(["items": .array(items)]), columns: FlowReport.columns, empty: "")
        }
        for report in reports {
            if !report.problems.isEmpty { try printer.console.write(report.text) }
            if report.isValid { printer.console.note("\(report.file) is valid: \(report.title)") }
        }
    }
}
