// Everything at random, for as long as one likes: processes killed and frozen, PostgreSQL restarted, Redis emptied and
// restarted, links cut and answers lost, under mixed load.

import Foundation
import SkeinCore
import SkeinSimulation

/// X1.
enum LongRun {
    static func scenario(minutes: Double) -> Scenario {
        Scenario("long", "random faults for \(minutes) minutes", [.c]) { stage in
            let end = ContinuousClock.now + .milliseconds(Int64(minutes * 60_000))
            let nemesis = Nemesis(stage)
            try await stage.storm(processes: 5, pause: .milliseconds(80)) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for hand in Nemesis.Hand.allCases { group.addTask { try await nemesis.work(hand, until: end) } }
                    try await group.waitForAll()
                }
            }
            stage.sometimes("fenced", stage.counter("fenced") + stage.point("fenced"))
            stage.sometimes("taken over", try await stage.recoveries())
            stage.sometimes("ambiguous, had committed", stage.point("commit.mine"))
            stage.sometimes("ambiguous, had not committed", stage.point("commit.reapplied"))
            stage.sometimes("claims", stage.counter("claims"))
            stage.sometimes("wakes found by a sweep", stage.counter("wakes.sweep"))
        }
    }
}
