import Testing

extension EndToEnd {
    @Suite(.serialized, .timeLimit(.minutes(3)))
    struct DatabaseLossTests {
        @Test("terminated database connections under load lose and double nothing")
        func terminatedConnections() async throws {
            try await Ledger.run { ledger in
                try await Cluster.run { cluster in
                    let (a, b) = (try await cluster.serve("a"), try await cluster.serve("b"))
                    let load = Load(cluster, ledger)
                    try await a.web.register(load.flow)
                    async let created: Void = load.create(0..<600, through: [a, b])
                    var terminated = 0
                    for round in 1...5 {
                        try await until("round \(round)", within: .seconds(60)) {
                            try await cluster.ended >= round * 100
                        }
                        terminated += try await cluster.terminateConnections()
                    }
                    #expect(terminated >= 5)
                    try await created
                    try await load.finish()
                    try await load.verify()
                    for instance in [a, b] {
                        try await until("it is ready") { await instance.web.readiness() == "ready" }
                    }
                    print(
                        "database loss: \(terminated) connections terminated, \(try await load.recoveries().executions.count) taken over"
                    )
                }
            }
        }
    }
}
