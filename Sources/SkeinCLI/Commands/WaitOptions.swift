import ArgumentParser

/// `--wait`, `--follow` and how long.
struct WaitOptions: ParsableArguments {
    @Flag(help: "Wait for its end and print it.")
    var wait = false

    @Flag(help: "Print its events as they happen, until its end.")
    var follow = false

    @Option(help: "Stop waiting after this many milliseconds; the execution goes on.")
    var timeoutMs: Int?

    var isOn: Bool { wait || follow }

    func validate() throws {
        if let timeoutMs, timeoutMs < 0 { throw ValidationError("--timeout-ms must not be negative") }
        if timeoutMs != nil, !isOn { throw ValidationError("--timeout-ms needs --wait or --follow") }
    }
}
