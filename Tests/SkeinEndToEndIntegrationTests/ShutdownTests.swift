import Foundation
import Testing

extension EndToEnd {
    @Suite(.serialized, .timeLimit(.minutes(3)))
    struct ShutdownTests {
        @Test("after SIGTERM an instance claims nothing, finishes its steps, commits them and hands the rest on")
        func handover() async throws {
            // Nothing is taken over by the end of a lease, and nothing is found by looking: what is handed on is
            // announced.
            try await withTwo(["SKEIN_LEASE_MS": "60000", "SKEIN_SWEEP_MS": "60000"]) { cluster, ledger, load, a, b in
                a.process.send(SIGTERM)
                try await until("it stops") { a.process.err.contains("stopping") }
                try await until("it is not ready any more") {
                    await !["ready", "degraded"].contains(a.web.readiness() ?? "gone")
                }
                let before = try await cluster.held(by: a)
                // Work that is there and due: nothing of it may go to the one that stops.
                try await load.create(400..<500, through: [b])
                try await until("the other one works on") { try await cluster.ended >= load.count - 100 }
                #expect(try await cluster.held(by: a).isSubset(of: before), "it claimed nothing more")
                // Half of its steps end: their executions go on elsewhere while the others still run.
                ledger.open(where: { $0.number % 8 == 0 })
                try await until("what was handed on ends", within: .seconds(10)) {
                    try await cluster.ended == load.count - ledger.held.count
                }
                #expect(a.process.isRunning, "its other steps still run")
                ledger.open()
                #expect(try await a.process.waitForExit() == .code(0))
                try await load.finish(within: .seconds(30))
                try await load.verify()
                #expect(try await load.recoveries().executions.isEmpty, "no attempt was interrupted")
            }
        }

        @Test("what does not end within the grace period is released for immediate claim")
        func release() async throws {
            try await withTwo(["SKEIN_LEASE_MS": "60000", "SKEIN_SWEEP_MS": "60000", "SKEIN_GRACE_MS": "1500"]) {
                cluster, ledger, load, a, _ in
                let held = Set(ledger.held.map(\.execution))
                let owned = try await cluster.held(by: a).intersection(held)
                #expect(!owned.isEmpty)
                a.process.send(SIGTERM)
                #expect(try await a.process.waitForExit() == .code(0))
                let time = TestEnvironment.now
                try await until("the other one holds them", within: .seconds(20)) {
                    try await load.recoveries().executions.isSuperset(of: owned)
                }
                let last = try await load.recoveries().last
                #expect(last - time <= 2, "at once, not at the end of the lease")
                ledger.open()
                try await load.finish(within: .seconds(30))
                try await load.verify()
                #expect(try await load.recoveries().executions == owned, "only what was interrupted was taken over")
            }
        }

        @Test("a second SIGTERM ends the process at once")
        func secondSignal() async throws {
            try await withTwo([:]) { _, ledger, load, a, _ in
                a.process.send(SIGTERM)
                try await until("it stops") { a.process.err.contains("stopping") }
                #expect(a.process.isRunning)
                a.process.send(SIGTERM)
                #expect(try await a.process.waitForExit(within: .seconds(3)) == .code(128 + SIGTERM))
                ledger.open()
                try await load.finish(within: .seconds(30))
                try await load.verify()
            }
        }

        /// Two instances, each with steps that run behind the ledger's gate.
        private func withTwo(
            _ settings: [String: String], _ body: (Cluster, Ledger, Load, Instance, Instance) async throws -> Void
        ) async throws {
            try await Ledger.run { ledger in
                try await Cluster.run(settings) { cluster in
                    let (a, b) = (try await cluster.serve("a"), try await cluster.serve("b"))
                    let load = Load(cluster, ledger)
                    try await a.web.register(load.flow)
                    ledger.close { $0.step == "three" && $0.number < 400 && $0.number % 4 == 0 }
                    try await load.create(0..<100, through: [a], withKeys: false)
                    try await load.create(100..<200, through: [b], withKeys: false)
                    try await load.create(200..<400, through: [a, b])
                    try await until("a hundred steps wait for their answers, and nothing else is left") {
                        try await cluster.ended == load.count - 100 && ledger.held.count >= 100
                    }
                    #expect(try await cluster.held(by: a).count >= 10)
                    #expect(try await cluster.held(by: b).count >= 10)
                    try await body(cluster, ledger, load, a, b)
                }
            }
        }
    }
}
