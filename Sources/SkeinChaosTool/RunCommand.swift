import ArgumentParser
import Foundation
import SkeinChaos

/// `skein-chaos run`
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Runs scenarios, or whole tiers: a, b, c, long, measure.")

    @Argument(help: "A tier, or names of scenarios.")
    var names: [String]

    @Option(help: "Makes chance repeatable.")
    var seed: UInt64?

    @Option(help: "How often.")
    var times = 1

    @Option(help: "How long the long run lasts.")
    var minutes = 10.0

    @Option(help: "Where the folders of the runs go. Default: a temporary folder.")
    var folder: String?

    func run() async throws {
        let base = folder ?? NSTemporaryDirectory() + "/skein-chaos-\(ProcessInfo.processInfo.processIdentifier)"
        var failed = false
        for time in 0..<times {
            let seed = seed.map { $0 &+ UInt64(time) } ?? UInt64.random(in: 0..<1_000_000)
            let report = await ChaosReport.run(names, seed: seed, minutes: minutes, folder: base)
            // The report is what this program is for.
            print(report.text)
            failed = failed || report.isRed
        }
        if failed { throw ExitCode(1) }
    }
}

/// `skein-chaos list`
struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Names all scenarios.")

    func run() { print(Catalog.list) }
}
