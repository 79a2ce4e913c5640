import Foundation
import SkeinCore
import Testing

extension EndToEnd {
    @Suite(.serialized, .timeLimit(.minutes(3)))
    struct CrashTests {
        enum Victim: CaseIterable {
            case accepting, other
        }

        @Test(
            "kill -9 of an instance that holds thirty and more executions loses nothing and repeats only what was interrupted",
            arguments: Victim.allCases)
        func crash(_ victim: Victim) async throws {
            let lease = 3.0
            try await Ledger.run { ledger in
                try await Cluster.run { cluster in
                    let (a, b) = (try await cluster.serve("a"), try await cluster.serve("b"))
                    let load = Load(cluster, ledger)
                    try await a.web.register(load.flow)
                    // Born in the hands of the instance that accepts them: fifty each, kept running. All others come
                    // through one of the two.
                    ledger.close { $0.step == "three" && $0.number < 100 }
                    try await load.create(0..<50, through: [a], withKeys: false)
                    try await load.create(50..<100, through: [b], withKeys: false)
                    try await load.create(100..<200, through: [a], withKeys: false)
                    try await load.create(200..<700, through: [a, b])
                    // Two clients that go on asking while it happens, and ask the other one then.
                    async let rest: Void = load.create(700..<1_000, through: [a, b], width: 2)
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
                    print(
                        "crash \(victim): held \(owned.count), taken over \(recoveries.executions.count), last after \(recoveries.last - time) s"
                    )
                }
            }
        }

        @Test("kill -9 of all instances loses nothing: a new one goes on with everything")
        func crashOfAll() async throws {
            try await Ledger.run { ledger in
                try await Cluster.run { cluster in
                    let instances = [try await cluster.serve("a"), try await cluster.serve("b")]
                    let load = Load(cluster, ledger)
                    try await instances[0].web.register(load.flow)
                    ledger.close { $0.step == "three" && $0.number % 2 == 0 }
                    async let created: Void = load.create(0..<200, through: instances)
                    try await until("fifty steps run") { ledger.held.count >= 50 }
                    try await created
                    for instance in instances { instance.process.send(SIGKILL) }
                    for instance in instances { try await instance.process.waitForExit() }
                    ledger.open()
                    _ = try await cluster.serve("c")
                    try await load.finish()
                    try await load.verify()
                }
            }
        }

        @Test("an instance that was frozen for longer than its lease writes nothing more for what it has lost")
        func frozenOwner() async throws {
            try await Ledger.run { ledger in
                try await Cluster.run { cluster in
                    let (a, b) = (try await cluster.serve("a"), try await cluster.serve("b"))
                    let load = Load(cluster, ledger)
                    try await a.web.register(load.flow)
                    ledger.close { $0.step == "three" }
                    try await load.create(0..<40, through: [a], withKeys: false)
                    let owned = try await eventually("it holds forty executions whose step runs") {
                        let owned = try await cluster.held(by: a).intersection(ledger.held.map(\.execution))
                        return owned.count == 40 ? owned : nil
                    }
                    a.process.send(SIGSTOP)
                    try await until("they are taken over") { try await load.recoveries().executions == owned }
                    // The answers to the frozen one's requests are there when it goes on, before the new owner has any.
                    try await until("their steps run again") { ledger.held.count == 80 }
                    a.process.send(SIGCONT)
                    ledger.open(where: { $0.isFirst })
                    try await until("the frozen one has let go of all") {
                        try await a.web.get("/v1/stats").json.executionsInProgress.int == 0
                    }
                    #expect(try await cluster.ended == 0, "its results were not recorded")
                    ledger.open()
                    try await load.finish()
                    try await load.verify()
                    #expect(try await load.recoveries().executions == owned)
                    #expect(a.process.isRunning && b.process.isRunning)
                }
            }
        }
    }
}
