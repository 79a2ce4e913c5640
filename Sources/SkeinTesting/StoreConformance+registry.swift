// Fences, workers, flows and chores.

import Skein
import SkeinCore

extension StoreConformance {
    static let fences: [Case] = [
        Case("a fence keeps others out until it ends, and its token grows for ever") { scene in
            let ttl = Duration.seconds(10)
            let first = try require(try await scene.store.fence("n", holder: "a", ttl: ttl), "the fence is free")
            scene.advance(.seconds(9))
            try expect("another holder", try await scene.store.fence("n", holder: "b", ttl: ttl), is: nil)
            scene.advance(.seconds(1))
            let second = try require(try await scene.store.fence("n", holder: "b", ttl: ttl), "the fence has ended")
            let again = try require(
                try await scene.store.fence("n", holder: "b", ttl: ttl), "the holder may have it again")
            try await scene.store.releaseFence("n", token: again, holder: "b")
            let third = try require(try await scene.store.fence("n", holder: "c", ttl: ttl), "the fence was released")
            try expect(
                first < second && second < again && again < third,
                "tokens have to grow: \([first, second, again, third])")
            try expect(try await scene.store.fence("m", holder: "d", ttl: ttl) != nil, "another name is another fence")
        },
        Case("a fence is extended and released by its holder under its token only") { scene in
            let ttl = Duration.seconds(10)
            let token = try require(try await scene.store.fence("n", holder: "a", ttl: ttl), "the fence is free")
            try expect(
                "with another token", try await scene.store.extendFence("n", token: token + 1, holder: "a", ttl: ttl),
                is: false)
            try expect(
                "by another", try await scene.store.extendFence("n", token: token, holder: "b", ttl: ttl), is: false)
            try expect(
                "of another name", try await scene.store.extendFence("m", token: token, holder: "a", ttl: ttl),
                is: false)
            try await scene.store.releaseFence("n", token: token + 1, holder: "a")
            try await scene.store.releaseFence("n", token: token, holder: "b")
            scene.advance(.seconds(9))
            try expect(
                "by its holder", try await scene.store.extendFence("n", token: token, holder: "a", ttl: ttl), is: true)
            scene.advance(.seconds(9))
            try expect("another holder", try await scene.store.fence("n", holder: "b", ttl: ttl), is: nil)
            try await scene.store.releaseFence("n", token: token, holder: "a")
            try expect(
                "after the release", try await scene.store.extendFence("n", token: token, holder: "a", ttl: ttl),
                is: false)
        },
        Case("a fence that another has taken cannot be extended by the old holder") { scene in
            let ttl = Duration.seconds(10)
            let old = try require(try await scene.store.fence("n", holder: "a", ttl: ttl), "the fence is free")
            scene.advance(ttl)
            _ = try require(try await scene.store.fence("n", holder: "b", ttl: ttl), "the fence has ended")
            try expect(
                "the old holder", try await scene.store.extendFence("n", token: old, holder: "a", ttl: ttl), is: false)
            try await scene.store.releaseFence("n", token: old, holder: "a")
            try expect("a third holder", try await scene.store.fence("n", holder: "c", ttl: ttl), is: nil)
        },
    ]

    static let workers: [Case] = [
        Case("a registered worker is listed, alive, from now") { scene in
            let id = scene.workerID()
            try await scene.store.register(WorkerRecord(id: id, podID: "pod", handlers: ["a", "b"]))
            let start = scene.now
            scene.advance(.seconds(3))
            try expect("the heartbeat", try await scene.store.heartbeat(id) != nil, is: true)
            let expected = WorkerRecord(
                id: id, podID: "pod", handlers: ["a", "b"], startedAt: start, heartbeatAt: scene.now, isLive: true)
            try expect("the workers", try await scene.store.workers(), is: [expected])
        },
        Case("a new life of a pod supersedes the old one, whose executions are due at once") { scene in
            let old = try await scene.worker(pod: "pod")
            let bystander = try await scene.worker(pod: "other")
            let held = try await scene.held(old)
            let theirs = try await scene.held(bystander)
            let new = try await scene.worker(pod: "pod")
            try expect("the old one's heartbeat", try await scene.store.heartbeat(old) != nil, is: false)
            try expect("the other one's heartbeat", try await scene.store.heartbeat(bystander) != nil, is: true)
            try expect(
                "what was renewed", try await scene.store.renew([held], worker: old, lease: StoreScenario.lease), is: []
            )
            try expect("the old one's claims", try await scene.claim(old).count, is: 0)
            let claims = try await scene.claim(new)
            try expect("the claims", claims.map(\.executionID), is: [held.executionID])
            try expect("a take-over", claims.map(\.isTakeover), is: [true])
            try expect("from whom", claims.map(\.previousOwner), is: [old])
            try expect("the take-overs", claims.map(\.takeovers), is: [1])
            try expect(
                "the other one's execution", try await scene.load(theirs.executionID).claimID, is: theirs.claimID)
        },
        Case("workers without a pod supersede nobody") { scene in
            let workers = [try await scene.worker(), try await scene.worker()]
            for worker in workers {
                try expect("the heartbeat", try await scene.store.heartbeat(worker) != nil, is: true)
            }
        },
        Case("silent workers are reaped, and their executions are due at once") { scene in
            let (silent, alive) = (try await scene.worker(), try await scene.worker())
            let held = try await scene.held(silent)
            scene.advance(.seconds(8))
            _ = try await scene.store.heartbeat(alive)
            try expect(
                "reaped too early", try await scene.store.reap(silence: .seconds(9), lease: StoreScenario.lease), is: []
            )
            scene.advance(.seconds(1))
            try expect(
                "reaped", try await scene.store.reap(silence: .seconds(8), lease: StoreScenario.lease), is: [silent])
            try expect(
                "reaped again", try await scene.store.reap(silence: .seconds(8), lease: StoreScenario.lease), is: [])
            try expect("the heartbeat", try await scene.store.heartbeat(silent) != nil, is: false)
            try expect("the owner", try await scene.record(held.executionID).owner, is: nil)
            let claims = try await scene.claim(alive)
            try expect("the claims", claims.map(\.executionID), is: [held.executionID])
            try expect("a take-over", claims.map(\.isTakeover), is: [true])
            try expect("from whom", claims.map(\.previousOwner), is: [silent])
            try expect("the take-overs", claims.map(\.takeovers), is: [1])
            try await scene.commit(scene.recovered(held.executionID, at: 2))
            try await scene.expectFenced(scene.step(held.executionID, at: 2))
        },
        Case("a worker that unregisters is dead and keeps its leases until they end") { scene in
            let (worker, other) = (try await scene.worker(), try await scene.worker())
            let held = try await scene.held(worker)
            try await scene.store.unregister(worker)
            try expect("the heartbeat", try await scene.store.heartbeat(worker) != nil, is: false)
            try expect("the claims", try await scene.claim(other).count, is: 0)
            scene.advance(StoreScenario.lease)
            try expect(
                "the claims after the lease", try await scene.claim(other).map(\.executionID), is: [held.executionID])
        },
        Case("a dead worker does not come back to life") { scene in
            let id = scene.workerID()
            try await scene.store.register(WorkerRecord(id: id, podID: "pod", handlers: []))
            try await scene.store.unregister(id)
            try await scene.store.register(WorkerRecord(id: id, podID: "pod", handlers: []))
            try expect("the heartbeat", try await scene.store.heartbeat(id) != nil, is: false)
            try expect("a stranger's heartbeat", try await scene.store.heartbeat(scene.workerID()) != nil, is: false)
        },
    ]

    static let flows: [Case] = [
        Case("a flow version is new, then identical, and never another") { scene in
            let flow = try scene.flow("f", "1.0.0", note: "a")
            try expect("the first time", try await scene.store.register(flow), is: .new)
            try expect("the second time", try await scene.store.register(flow), is: .identical)
            let reordered = try scene.flow("f", "1.0.0", note: "a", reversed: true)
            try expect("with members in another order", try await scene.store.register(reordered), is: .identical)
            try expect(
                "with another content", try await scene.store.register(try scene.flow("f", "1.0.0", note: "b")),
                is: .conflict)
            try expect("the flow", try await scene.store.flow("f", version: "1.0.0"), is: flow.json)
        },
        Case("versions are ordered by number, not by text") { scene in
            for version in ["1.9.0", "1.10.0", "1.2.0", "2.0.0-rc.1", "1.10.0-beta"] {
                _ = try await scene.store.register(try scene.flow("f", version, note: version))
            }
            _ = try await scene.store.register(try scene.flow("e", "0.0.1", note: "e"))
            let versions = try await scene.store.versions(of: "f")
            try expect("the versions", versions, is: ["2.0.0-rc.1", "1.10.0", "1.10.0-beta", "1.9.0", "1.2.0"])
            try expect("the latest", try await scene.store.flow("f", version: nil)?["version"], is: "2.0.0-rc.1")
            try expect("the latest of each", try await scene.store.flows().map { $0["id"] }, is: ["e", "f"])
        },
        Case("a flow that was not registered is not there") { scene in
            _ = try await scene.store.register(try scene.flow("f", "1.0.0", note: ""))
            try expect("another flow", try await scene.store.flow("g", version: nil), is: nil)
            try expect("another version", try await scene.store.flow("f", version: "1.0.1"), is: nil)
            try expect("the versions of another", try await scene.store.versions(of: "g"), is: [])
        },
        Case("one version registered at once with two contents has one") { scene in
            let flows = [try scene.flow("f", "1.0.0", note: "a"), try scene.flow("f", "1.0.0", note: "b")]
            let outcomes = try await scene.atOnce(20) {
                (flows[$0 % 2].json, try await scene.store.register(flows[$0 % 2]))
            }
            let new = outcomes.filter { $0.1 == .new }
            try expect("new ones", new.count, is: 1)
            try expect("conflicts", outcomes.filter { $0.1 == .conflict }.count, is: 10)
            try expect("the flow", try await scene.store.flow("f", version: nil), is: new.first?.0)
        },
    ]

    static let chores: [Case] = [
        Case("migrating again applies nothing") { scene in
            try expect("what was applied", try await scene.store.migrate(), is: [])
            let applied = try await scene.atOnce(4) { _ in try await scene.store.migrate() }
            try expect("what was applied", applied.flatMap(\.self), is: [])
        },
        Case("a store can be verified") { scene in
            try expect(
                !(try await scene.store.verify().findings.isEmpty), "a verification has to find something, be it fine")
            try expect(scene.store.writers > 0, "a store has to take commits")
        },
        Case("maintenance harms nothing that is in use") { scene in
            let worker = try await scene.worker()
            let held = try await scene.held(worker)
            let fence = try require(
                try await scene.store.fence("n", holder: "a", ttl: .seconds(60)), "the fence is free")
            let ended = try await scene.create()
            try await scene.commit(scene.end(ended, at: 2))
            scene.advance(.seconds(5))
            try await scene.store.maintain()
            try expect(
                "what was renewed",
                try await scene.store.renew([held], worker: worker, lease: StoreScenario.lease).count, is: 1)
            let extended = try await scene.store.extendFence("n", token: fence, holder: "a", ttl: .seconds(60))
            try expect("the fence", extended, is: true)
            try await scene.expectFenced(scene.step(ended, at: 2))
        },
        Case("maintenance lets no token of a fence come again") { scene in
            let first = try require(
                try await scene.store.fence("n", holder: "a", ttl: .seconds(1)), "the fence is free")
            scene.advance(.seconds(86_400 * 30))
            try await scene.store.maintain()
            let second = try require(
                try await scene.store.fence("n", holder: "b", ttl: .seconds(1)), "the fence has ended")
            try expect(second > first, "a token has to grow: \(first), then \(second)")
        },
    ]
}
