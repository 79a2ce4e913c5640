import ArgumentParser
import Skein

/// `-o`, for every command that shows data.
struct OutputOptions: ParsableArguments {
    @Option(
        name: [.customShort("o"), .long],
        help: "table, json, jsonl, yaml or csv. Default: table on a terminal, json in a pipe.")
    var output: OutputFormat?

    var printer: Printer { Printer(format: output, console: .process, now: SystemClock().now) }
}
