import Foundation
import Testing

extension EndToEnd {
    @Suite(.serialized, .timeLimit(.minutes(3)))
    struct CrashTests {
        enum Victim: CaseIterable {
            case accepting, other
        }

        @Test("kill -9 of an instance that holds thirty and more executions loses nothing and repeats only what was interrupted", arguments: Victim.allCases)
        func crash(_ victim: Victim) async throws {
            let lease = 3.0
            try await Ledger.run { ledger in
                try await Cluster.run { cluster in
                    let (a, b) = (try await cluster.serve("a"), try await cluster.serve("b"))
                    let load = Load(cluster, ledger)
                    try await a.web.register(load.flow)
                    ledger.close { $0.step == "three" && $0.number < 400 && $0.number % 4 == 0 }
                    // Born in the hands of the instance that accepts them, and then announced to both.
                    try await load.create(0..<100, through: [a], withKeys: false)
                    try await load.create(100..<400, through: [a, b])
                    async let rest: Void = load.create(400..<1_000, through: [a, b])
                    let dying = victim == .accepting ? a : b
                    let owned = try await eventually("it holds thirty executions whose step runs") {
                        let waiting = Set(ledger.held.map(\.execution))
                        let owned = try await cluster.held(by: dying).intersection(waiting)
                        return waiting.count == 100 && owned.count >= 30 ? owned : nil
                    }
                    let time = TestEnvironment.now
                    dying.process.send(SIGKILL)
                    #expect(try await dying.process.waitForExit() == .signal(SIGKILL))
                    ledger.open()
                    try await rest
                    try await load.finish()
                    try await load.verify()
                    let recoveries = try await load.recoveries()
                    #expect(recoveries.executions.isSuperset(of: owned), "every execution that it held was taken over")
                    #expect(recoveries.last - time <= lease + 1, "within the lease and a second")
                    print("crash \(victim): held \(owned.count), taken over \(recoveries.executions.count), last after \(recoveries.last - time) s")
                }
            }
        }
    }
}
