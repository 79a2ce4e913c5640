import Synchronization
import Testing

@testable import Skein

@Suite(.timeLimit(.minutes(1)))
struct PulseThreadTests {
    private final class Beats: Sendable {
        private let count = Atomic(0)

        var value: Int { count.load(ordering: .relaxed) }
        func beat() { count.add(1, ordering: .relaxed) }
    }

    @Test func `its tasks go on while others hog every thread of the pool`() async throws {
        let pulse = try #require(PulseThread()?.started())
        let beats = Beats()
        await withTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: pulse) {
                let clock = SystemClock()
                for _ in 0..<5 {
                    try? await pulse.sleep(until: clock.monotonic + .milliseconds(1))
                    beats.beat()
                }
            }
            for _ in 0..<64 {
                group.addTask { @concurrent in
                    while beats.value < 5 {}
                }
            }
        }
        #expect(beats.value == 5)
        pulse.close()
    }

    @Test func `a cancelled sleep ends at once`() async throws {
        let pulse = try #require(PulseThread()?.started())
        let sleeper = Task(executorPreference: pulse) {
            try await pulse.sleep(until: SystemClock().monotonic + .seconds(3_600))
        }
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
        pulse.close()
    }
}
