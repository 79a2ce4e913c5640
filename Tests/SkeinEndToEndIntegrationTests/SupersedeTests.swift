import SkeinCore
import Testing

extension EndToEnd {
    @Suite(.serialized, .timeLimit(.minutes(1)))
    struct SupersedeTests {
        @Test("a new instance of a pod supersedes the old one, which claims nothing more and whose executions go on")
        func samePod() async throws {
            try await Ledger.run { ledger in
                try await Cluster.run(["SKEIN_POD_ID": "pod-1"]) { cluster in
                    let old = try await cluster.serve("old")
                    let load = Load(cluster, ledger)
                    try await old.web.register(load.flow)
                    ledger.close { $0.step == "three" }
                    try await load.create(0..<20, through: [old], withKeys: false)
                    try await until("twenty steps run") { ledger.held.count == 20 }
                    let new = try await cluster.serve("new")
                    ledger.open()
                    try await until("the old one knows") { old.process.err.contains("took this instance's place") }
                    let workers = try await new.web.get("/v1/workers").json.items.array ?? []
                    #expect(workers.first { $0.id.string == old.workerID }?.live == false)
                    #expect(workers.first { $0.id.string == new.workerID }?.live == true)
                    // It may still be asked, but runs nothing.
                    try await load.create(20..<60, through: [old])
                    try await load.finish()
                    try await load.verify()
                    let done = try await cluster.texts(
                        """
                        SELECT DISTINCT e.worker_id::text FROM events e JOIN executions x ON x.id = e.execution_id
                        WHERE e.type = 'step.completed' AND x.created_at > (SELECT max(started_at) FROM workers)
                        """)
                    #expect(done == [new.workerID], "the new one did all of the work that came later")
                }
            }
        }
    }
}
