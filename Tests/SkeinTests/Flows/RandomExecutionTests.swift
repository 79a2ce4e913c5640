import SkeinSimulation
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Random flows, random faults, random people: what the logs say must make sense to somebody who did not write them.
///
/// A seed determines all that happens: `SKEIN_SEED=17` lives through one again, `scripts/simulate` through a million.
@Suite(.timeLimit(.minutes(3)))
struct RandomExecutionTests {
    private static let chunk: UInt64 = 100
    static let chunks: [Range<UInt64>] =
        getenv("SKEIN_SEED").flatMap { UInt64(String(cString: $0)) }.map { [$0..<$0 + 1] }
        ?? (0..<20).map { $0 * chunk..<($0 + 1) * chunk }

    @Test(arguments: chunks)
    func `whatever happens to a family of executions, its logs make sense`(seeds: Range<UInt64>) {
        for seed in seeds {
            let result = Simulation.run(seed: seed)
            let problems = result.problems.joined(separator: "\n")
            #expect(result.problems.isEmpty, "SKEIN_SEED=\(seed): \(problems)\n\(result.story)")
        }
    }

    @Test func `a seed tells the same story twice`() {
        for seed: UInt64 in 1...3 {
            #expect(Simulation.run(seed: seed).tally.counts == Simulation.run(seed: seed).tally.counts)
        }
    }
}
