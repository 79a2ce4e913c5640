// Measures the engine beside the bare servers, in one run, alternating: only ratios of one run mean anything.

import ArgumentParser
import Foundation
import Logging

@main
struct SkeinBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skein-bench",
        abstract: "Measures Skein beside the bare servers and prints figures as a table and as JSON.",
        discussion:
            "The database must be one that may be filled: a schema of its own is made and dropped. Needs pg_stat_statements."
    )

    @Option(help: "PostgreSQL: a connection URI. Default: SKEIN_TEST_DATABASE_URL, then DATABASE_URL.")
    var databaseURL: String?

    @Option(help: "Redis: a URL. Default: SKEIN_TEST_REDIS_URL, then REDIS_URL.")
    var redisURL: String?

    @Option(help: "Seconds of each measured section.")
    var seconds: Double = 3

    @Option(help: "Rounds of each alternating pair.")
    var rounds = 3

    @Option(
        help:
            "Sections to run, separated by commas: transitions, single, shapes, latency, wakes, http, instances, idle; with --history also history, prune. Default: all but the last."
    )
    var only: String?

    @Option(help: "Executions in progress at once in the throughput sections.")
    var concurrency = 1_500

    @Flag(help: "Leave out the bare inserts, for profiling the engine alone.")
    var engineOnly = false

    @Option(
        help: "A schema that scripts/load-log has filled: measures beside its history. The section prune takes it away."
    )
    var history: String?

    @Option(help: "A file of JSON lines that the peers' drivers printed: prints the factors to them.")
    var peers: String?

    @Option(help: "Write the JSON here, too.")
    var output: String?

    func run() async throws {
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = .error
            return handler
        }
        let environment = try BenchEnvironment(databaseURL: databaseURL, redisURL: redisURL)
        let report = Report()
        let sections = try only.map { try Set($0.split(separator: ",").map { try Section(named: $0) }) } ?? usual
        report.note("disk.before", "fdatasync of 8 KiB", value: DiskProbe.perSecond(), unit: "/s")
        try await environment.withSchema {
            for section in Section.allCases where sections.contains(section) {
                narrate("\(section.rawValue) …")
                try await section.run(environment, self, report)
            }
        }
        report.note("disk.after", "fdatasync of 8 KiB", value: DiskProbe.perSecond(), unit: "/s")
        report.note(
            "rss", "resident memory of this process", value: Double(ProcessUsage.residentBytes()) / 1_048_576,
            unit: "MiB")
        if let peers { try PeerComparison(path: peers).add(to: report) }
        print(report.table())
        let json = report.json()
        print(json)
        if let output { try json.write(toFile: output, atomically: true, encoding: .utf8) }
    }

    private var usual: Set<Section> {
        Set(Section.allCases.filter { $0 != .prune && ($0 != .history || history != nil) })
    }
}

/// What can be measured.
enum Section: String, CaseIterable {
    case transitions, single, shapes, latency, wakes, http, instances, idle, history, prune

    init(named name: Substring) throws {
        guard let section = Section(rawValue: String(name)) else {
            throw BenchError("--only: there is no section '\(name)'")
        }
        self = section
    }

    func run(_ environment: BenchEnvironment, _ options: SkeinBench, _ report: Report) async throws {
        switch self {
        case .transitions: try await Throughput(environment, options, steps: 10).run(report)
        case .single: try await Throughput(environment, options, steps: 1).run(report)
        case .shapes: try await Shapes(environment, options).run(report)
        case .latency: try await Latency(environment).run(report)
        case .wakes: try await Wakes(environment).run(report)
        case .http: try await Web(environment, options).run(report)
        case .instances: try await Instances(environment, options).run(report)
        case .idle: try await Idle(environment).run(report)
        case .history: try await History(environment, options).run(report)
        case .prune: try await History(environment, options).prune(report)
        }
    }
}
