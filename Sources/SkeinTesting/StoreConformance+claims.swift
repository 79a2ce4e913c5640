// Who may look at what, and in which order.

import Skein
import SkeinCore

extension StoreConformance {
    static let claims: [Case] = [
        Case("claims go by priority, then by due time") { scene in
            let worker = try await scene.worker()
            var expected: [(priority: Int16, due: Int, id: ExecutionID)] = []
            for (priority, due) in [(0, 5), (7, 9), (0, 1), (7, 2), (-3, 0), (0, 3)] as [(Int16, Int)] {
                let creation = scene.creation(priority: priority)
                try await scene.create(creation, readyAt: scene.now + .seconds(due))
                expected.append((priority, due, creation.id))
            }
            scene.advance(.seconds(10))
            expected.sort { ($1.priority, $0.due) < ($0.priority, $1.due) }
            try expect(
                "the first three", try await scene.claim(worker, limit: 3).map(\.executionID),
                is: expected.prefix(3).map(\.id))
            try expect("the rest", try await scene.claim(worker).map(\.executionID), is: expected.suffix(3).map(\.id))
        },
        Case("a claim that takes nothing over leaves alone what a silent worker holds") { scene in
            let (silent, worker) = (try await scene.worker(), try await scene.worker())
            let held = try await scene.held(silent)
            let free = try await scene.create()
            let given = try await scene.held(silent)
            try await scene.store.release([given], worker: silent)
            scene.advance(StoreScenario.lease * 2)
            var request = scene.request(scene.ownership(worker))
            request.takesOver = false
            let claims = try await scene.store.claim(request).claims.map(\.executionID)
            try expect("the claims", Set(claims), is: [free, given.executionID])
            request.takesOver = true
            try expect(
                "the claims after", try await scene.store.claim(request).claims.map(\.executionID),
                is: [held.executionID])
        },
        Case("where more is due than a claim may take, half of it goes to tenants in turn") { scene in
            let worker = try await scene.worker()
            for _ in 0..<40 { try await scene.create(scene.creation(tenant: "loud")) }
            scene.advance(.seconds(1))
            let quiet = scene.creation(tenant: "quiet")
            try await scene.create(quiet)
            var request = scene.request(scene.ownership(worker), limit: 8)
            let plain = try await scene.store.claim(request)
            try expect("who is oldest", plain.claims.contains { $0.executionID == quiet.id }, is: false)
            request = scene.request(scene.ownership(worker), limit: 8)
            request.tenantsAfter = ""
            let fair = try await scene.store.claim(request)
            try expect("whose turn it is", fair.claims.contains { $0.executionID == quiet.id }, is: true)
            try expect("how many", fair.claims.count, is: 8)
            try expect("everybody's turn", fair.lastTenant, is: nil)
        },
        Case("a claim takes at most its limit and nothing twice") { scene in
            let worker = try await scene.worker()
            let ids = try await scene.create(25)
            var seen: [ExecutionID] = []
            for expected in [10, 10, 5, 0] {
                let claims = try await scene.claim(worker, limit: 10)
                try expect("the number of claims", claims.count, is: expected)
                seen += claims.map(\.executionID)
            }
            try expect("what was claimed", Set(seen), is: Set(ids))
        },
        Case("a claim leaves alone what needs another handler, until it has waited too long") { scene in
            let worker = try await scene.worker()
            let mine = try await scene.create()
            let other = try await scene.create(needs: "other")
            func claim() async throws -> [ExecutionID] {
                let request = scene.request(scene.ownership(worker), handlerWait: .seconds(60))
                return try await scene.store.claim(request).claims.map(\.executionID)
            }
            try expect("the claims", try await claim(), is: [mine])
            scene.advance(.seconds(59))
            try expect("the claims before the wait is over", try await claim().contains(other), is: false)
            scene.advance(.seconds(2))
            try expect("the claims after the wait", try await claim(), is: [other])
        },
        Case("a claim says when the next thing is due that the worker can run") { scene in
            let worker = try await scene.worker(handlers: ["work", "more"])
            let start = scene.now
            func nextDue() async throws -> Timestamp? {
                let request = scene.request(scene.ownership(worker), handlers: ["work", "more"])
                let result = try await scene.store.claim(request)
                return result.nextDue
            }
            try expect("with nothing there", try await nextDue(), is: nil)
            try await scene.create(readyAt: .distantFuture)
            try expect("with nothing ever due", try await nextDue(), is: nil)
            try await scene.create(needs: "other", readyAt: start + .seconds(5))
            try expect("with something for others", try await nextDue(), is: nil)
            try await scene.create(readyAt: start + .seconds(50))
            let early = try await scene.create(
                scene.creation(priority: -5), needs: "more", readyAt: start + .seconds(40))
            try expect("with two timers", try await nextDue(), is: start + .seconds(40))
            try await scene.commit(scene.end(early, at: 2))
            try expect("with one of them gone", try await nextDue(), is: start + .seconds(50))
        },
        Case("a lease of another worker counts as something due") { scene in
            let (owner, other) = (try await scene.worker(), try await scene.worker())
            _ = try await scene.held(owner)
            let result = try await scene.store.claim(scene.request(scene.ownership(other)))
            try expect("the claims", result.claims.count, is: 0)
            try expect("when it is due", result.nextDue, is: scene.now + StoreScenario.lease)
        },
        Case("a claim sets owner, claim and lease") { scene in
            let worker = try await scene.worker()
            let id = try await scene.create()
            let ownership = scene.ownership(worker, lease: .seconds(7))
            _ = try await scene.store.claim(scene.request(ownership))
            let loaded = try await scene.load(id)
            try expect("whose turn it is", loaded.claimID, is: ownership.claimID)
            try expect("the owner", loaded.record.owner, is: worker)
            try expect("the end of the lease", loaded.record.nextAt, is: scene.now + .seconds(7))
        },
        Case("after its lease an execution is taken over from its owner, and that is counted until it parks") { scene in
            let workers = [try await scene.worker(), try await scene.worker()]
            let id = try await scene.held(workers[0]).executionID
            for turn in 1...3 {
                try expect("the claims under the lease", try await scene.claim(workers[turn % 2]).count, is: 0)
                scene.advance(StoreScenario.lease)
                let claims = try await scene.claim(workers[turn % 2])
                try expect("the claims", claims.map(\.executionID), is: [id])
                try expect("a take-over", claims.map(\.isTakeover), is: [true])
                try expect("from whom", claims.map(\.previousOwner), is: [workers[(turn + 1) % 2]])
                try expect("the take-overs", claims.map(\.takeovers), is: [turn])
            }
            try await scene.commit(scene.park(id, at: 2, due: scene.now))
            let claim = try await scene.hold(id, workers[0]).claim
            try expect("a take-over", claim.isTakeover, is: false)
            try expect("from whom", claim.previousOwner, is: nil)
            try expect("the take-overs", claim.takeovers, is: 0)
        },
        Case("a claim says when the execution was due") { scene in
            let worker = try await scene.worker()
            let due = scene.now + .seconds(3)
            try await scene.create(readyAt: due)
            scene.advance(.seconds(20))
            try expect("when it was due", try await scene.claim(worker).map(\.dueAt), is: [due])
        },
        Case("a worker that is not registered, or dead, claims nothing") { scene in
            let id = try await scene.create()
            let stranger = scene.workerID()
            let dead = try await scene.worker()
            try await scene.store.unregister(dead)
            for worker in [stranger, dead] {
                try expect("the claims", try await scene.claim(worker).count, is: 0)
                let direct = try await scene.store.claim([id], for: scene.ownership(worker), reach: .any)
                try expect("the claims by id", direct.count, is: 0)
            }
            try expect("whose turn it is", try await scene.load(id).claimID, is: nil)
        },
    ]

    static let directClaims: [Case] = [
        Case("a claim by ids takes those that are due") { scene in
            let worker = try await scene.worker()
            let due = try await scene.create(needs: "anything")
            let later = try await scene.create(readyAt: scene.now + .seconds(1))
            let owned = try await scene.held(worker).executionID
            let ids = [later, owned, due, scene.executionID(), due]
            let claims = try await scene.store.claim(ids, for: scene.ownership(worker), reach: .due)
            try expect("the claims", claims.map(\.executionID), is: [due])
            try expect(
                "the claims of nothing",
                try await scene.store.claim([], for: scene.ownership(worker), reach: .any).count, is: 0)
        },
        Case("a claim ahead takes what is almost due, and neither what is later nor what is held or paused") { scene in
            let (worker, other) = (try await scene.worker(), try await scene.worker())
            let soon = try await scene.create(readyAt: scene.now + .milliseconds(100))
            let later = try await scene.create(readyAt: scene.now + .milliseconds(101))
            let held = try await scene.held(other).executionID
            let paused = try await scene.create()
            try await scene.commit(scene.park(paused, at: 2).with(kind: .pause))
            let ids = [soon, later, held, paused]
            let claims = try await scene.store.claim(
                ids, for: scene.ownership(worker), reach: .within(.milliseconds(100)))
            try expect("the claims", claims.map(\.executionID), is: [soon])
            try expect("when it is due", claims.map(\.dueAt), is: [scene.now + .milliseconds(100)])
            scene.advance(StoreScenario.lease + .milliseconds(-1))
            try expect("its lease", try await scene.load(soon).record.owner, is: worker)
        },
        Case("a claim by force takes what is not due, but never what somebody owns") { scene in
            let (worker, other) = (try await scene.worker(), try await scene.worker())
            let later = try await scene.create(readyAt: scene.now + .seconds(60))
            let owned = try await scene.held(other)
            let claims = try await scene.store.claim(
                [later, owned.executionID], for: scene.ownership(worker), reach: .any)
            try expect("the claims", claims.map(\.executionID), is: [later])
            try expect("a take-over", claims.map(\.isTakeover), is: [false])
            try expect("whose turn it is", try await scene.load(owned.executionID).claimID, is: owned.claimID)
            scene.advance(StoreScenario.lease)
            let after = try await scene.store.claim([owned.executionID], for: scene.ownership(worker), reach: .any)
            try expect("the claims after the lease", after.map(\.isTakeover), is: [true])
        },
        Case("a load finds what a claim is about") { scene in
            let worker = try await scene.worker()
            let (held, claim) = try await scene.hold(try await scene.create(), worker)
            let other = try await scene.create()
            try await scene.commit(scene.step(held.executionID, at: 2))
            let ids = [held.executionID, other, scene.executionID()]
            let loaded = try await scene.store.load(ids)
            try expect("what was loaded", Set(loaded.keys), is: [held.executionID, other])
            try expect("the generation", claim.wakeGeneration, is: 0)
            try expect("whose turn the first is", loaded[held.executionID]?.claimID, is: held.claimID)
            try expect("the rows of the first", loaded[held.executionID]?.record.rows.map(\.position), is: [1, 2])
            try expect("whose turn the second is", loaded[other]?.claimID, is: nil)
            try expect("the load of nothing", try await scene.store.load([]).count, is: 0)
        },
    ]
}
