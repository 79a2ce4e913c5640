// Runs scenarios and says what became of them.

import Foundation
import SkeinCore

/// What came of some scenarios.
package struct ChaosReport: Sendable {
    /// One line of the table.
    struct Line: Sendable {
        var names: String
        var title: String
        var outcome: Outcome
        var seconds: Double
        var details: [String] = []
    }

    enum Outcome: String, Sendable {
        case ok, violation, failed, skipped
    }

    let seed: UInt64
    var lines: [Line] = []

    package var isRed: Bool { lines.contains { $0.outcome == .violation || $0.outcome == .failed } }

    /// The table, and below it what is wrong.
    package var text: String {
        var text = "seed \(seed)\n"
        for line in lines {
            let head = "\(line.outcome.rawValue)".padding(toLength: 10, withPad: " ", startingAt: 0)
            text += "\(head) \(String(format: "%6.1f", line.seconds)) s  \(line.names)  \(line.title)\n"
            for detail in line.details { text += "             \(detail)\n" }
        }
        let counts = Dictionary(grouping: lines, by: \.outcome).mapValues(\.count)
        let parts: [Outcome] = [.ok, .violation, .failed, .skipped]
        return text + parts.map { "\($0.rawValue) \(counts[$0] ?? 0)" }.joined(separator: " · ")
    }

    /// Runs a tier or scenarios by name.
    package static func run(_ names: [String], seed: UInt64, minutes: Double, folder: String) async -> ChaosReport {
        var report = ChaosReport(seed: seed)
        do {
            switch names.first {
            case "long": await report.play([LongRun.scenario(minutes: minutes)], folder)
            case "c":
                for _ in 0..<100 { await report.play([LongRun.scenario(minutes: minutes)], folder) }
            case "measure": await report.measure(Array(names.dropFirst()), folder)
            default: for group in try Catalog.groups(of: names) { await report.play(group, folder) }
            }
        } catch {
            report.lines.append(
                Line(names: names.joined(separator: " "), title: "\(error)", outcome: .failed, seconds: 0))
        }
        return report
    }

    private mutating func measure(_ names: [String], _ base: String) async {
        for measure in Measure.all where names.isEmpty || names.contains(measure.name) {
            await play([measure], base)
        }
    }

    /// Runs scenarios in one world and judges it.
    private mutating func play(_ group: [Scenario], _ base: String) async {
        let names = group.map(\.name).joined(separator: " ")
        let title = group.count == 1 ? group[0].title : "in one world"
        if let reason = group.first?.skipped {
            lines.append(Line(names: names, title: title + ": " + reason, outcome: .skipped, seconds: 0))
            return Self.say("skipped    \(names): \(reason)")
        }
        let began = ContinuousClock.now
        let seed = seed &+ UInt64(lines.count)
        var line = Line(names: names, title: title, outcome: .failed, seconds: 0)
        do {
            let folder = try RunFolder.make(group.count == 1 ? group[0].name : "tier-\(lines.count)", under: base)
            let (details, missed) = try await Self.world(group, folder, seed: seed)
            let verdicts = Checker.judge(History(folder))
            line.details = verdicts.filter(\.isViolated).map(\.text) + details
            let silent = verdicts.filter { if case .notCovered = $0.finding { true } else { false } }
            line.details.append(
                "NOT COVERED: " + silent.map { String($0.name.prefix { $0 != " " }) }.joined(separator: " "))
            if !missed.isEmpty { line.details.insert("never seen: \(missed.joined(separator: ", "))", at: 0) }
            line.outcome = verdicts.contains(where: \.isViolated) ? .violation : missed.isEmpty ? .ok : .failed
            if line.outcome != .ok { line.details.append("records: \(folder.path) (skein-chaos check \(folder.path))") }
        } catch {
            line.details.append("\(error)")
        }
        let spent = ContinuousClock.now - began
        line.seconds = Double(spent.milliseconds) / 1_000
        lines.append(line)
        Self.say("\(line.outcome.rawValue)  \(String(format: "%.1f", line.seconds)) s  \(names)")
    }

    private static func world(_ group: [Scenario], _ folder: RunFolder, seed: UInt64) async throws -> (
        details: [String], missed: [String]
    ) {
        var settings = Lab.Settings()
        settings.seed = seed
        for scenario in group { scenario.world(&settings) }
        var lies: LyingRedis?
        if settings.redisURL == "" {
            let redis = try await LyingRedis.start(seed: seed)
            settings.redisURL = redis.url
            lies = redis
        }
        let result = try await Lab.run(folder, settings) { lab in
            let stage = try Stage(lab)
            let problem: (any Error)? = await withTaskGroup(of: Void.self) { workers in
                workers.addTask { await stage.work() }
                defer { workers.cancelAll() }
                return await act(group, on: stage)
            }
            if let problem {
                let verdicts = Checker.judge(History(folder)).filter(\.isViolated).map(\.text)
                throw ChaosFailure("\(problem)\n\(verdicts.joined(separator: "\n"))\nrecords: \(folder.path)")
            }
            return (stage.numbers.map { "\($0.0): \($0.1)" }, stage.missed)
        }
        await lies?.stop()
        return result
    }

    /// Everything that is to happen in a world, to its end. Returns what went wrong first.
    private static func act(_ group: [Scenario], on stage: Stage) async -> (any Error)? {
        var problem: (any Error)?
        do {
            try await stage.open()
            for scenario in group {
                let began = ContinuousClock.now
                stage.lab.note("scenario", ["name": .string(scenario.name)])
                do {
                    try await scenario.act(stage)
                } catch {
                    throw ChaosFailure("\(scenario.name): \(error)")
                }
                for instance in stage.lab.instances { for link in instance.links { link.heal() } }
                try await stage.reman()
                Self.say("  \(scenario.name)  \((ContinuousClock.now - began).milliseconds) ms")
            }
        } catch {
            problem = error
        }
        // Judged in any case: a scenario that got stuck is often one that lost something.
        do { try await stage.close() } catch { problem = problem ?? error }
        return problem
    }

    static func say(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }
}
