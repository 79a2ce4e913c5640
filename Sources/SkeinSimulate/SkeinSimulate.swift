// Many simulated worlds at once, and what became of them.

import ArgumentParser
import SkeinSimulation

@main
struct SkeinSimulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skein-simulate",
        abstract: "Runs random flows under random faults and operators in virtual time, and checks what the logs say.",
        discussion: "A seed determines all that happens in its world. Ends with 1 when one of them makes no sense.")

    @Option(help: "How many seeds to run.")
    var seeds: UInt64 = 2_000

    @Option(help: "The first seed.")
    var from: UInt64 = 0

    @Option(help: "Runs this seed alone.")
    var seed: UInt64?

    @Option(help: "Worlds at once. Default: 2.")
    var jobs = 2

    @Flag(help: "Stops at the first seed that fails.")
    var untilFailure = false

    func validate() throws {
        guard seeds > 0, jobs > 0 else { throw ValidationError("--seeds and --jobs begin at 1") }
        guard from.addingReportingOverflow(seeds).overflow == false else {
            throw ValidationError("--from is too large")
        }
    }

    func run() async throws {
        let range = seed.map { $0..<$0 + 1 } ?? from..<from + seeds
        let clock = ContinuousClock()
        let began = clock.now
        var tally = SimulationTally()
        var done: UInt64 = 0
        var failed: [UInt64] = []
        let untilFailure = untilFailure
        await withTaskGroup(of: SimulationResult.self) { group in
            var next = range.lowerBound
            while next < min(range.upperBound, range.lowerBound + UInt64(jobs)) {
                add(next, to: &group)
                next += 1
            }
            while let result = await group.next() {
                done += 1
                tally.merge(result.tally)
                if !result.problems.isEmpty {
                    failed.append(result.seed)
                    report(result)
                }
                if next < range.upperBound, !(untilFailure && !failed.isEmpty) {
                    add(next, to: &group)
                    next += 1
                }
            }
        }
        let span = began.duration(to: clock.now)
        let seconds = Double(span.components.seconds) + Double(span.components.attoseconds) / 1e18
        for (name, count) in tally.counts.sorted(by: { $0.key < $1.key }) { print("\(count)\t\(name)") }
        print(
            "\(done) seeds, \(Int(Double(done) / max(seconds, 0.001))) a second, \(failed.count) failed: \(failed.prefix(100))"
        )
        if !failed.isEmpty { throw ExitCode(1) }
    }

    private func add(_ seed: UInt64, to group: inout TaskGroup<SimulationResult>) {
        group.addTask { Simulation.run(seed: seed) }
    }

    private func report(_ result: SimulationResult) {
        print("seed \(result.seed) makes no sense:")
        for problem in result.problems { print("  - \(problem)") }
        print(result.story)
    }
}
