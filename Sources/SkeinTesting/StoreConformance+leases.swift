// Keeping, giving back and losing what was claimed.

import Skein
import SkeinCore

extension StoreConformance {
    static let leases: [Case] = [
        Case("a renewal extends what the worker holds, under the claim it knows, and says which that is") { scene in
            let (worker, other) = (try await scene.worker(), try await scene.worker())
            let mine = try await scene.held(worker)
            let unknown = try await scene.held(worker)
            let theirs = try await scene.held(other)
            let start = scene.now
            scene.advance(.seconds(6))
            let held = [
                mine, HeldClaim(unknown.executionID, scene.claimID()), theirs,
                HeldClaim(scene.executionID(), scene.claimID()),
            ]
            let renewed = try await scene.store.renew(held, worker: worker, lease: StoreScenario.lease)
            try expect("what was renewed", renewed, is: [mine.executionID])
            try expect(
                "the renewed lease", try await scene.record(mine.executionID).nextAt,
                is: scene.now + StoreScenario.lease)
            for lease in [unknown, theirs] {
                try expect(
                    "another lease", try await scene.record(lease.executionID).nextAt, is: start + StoreScenario.lease)
            }
            try expect(
                "the renewal of nothing", try await scene.store.renew([], worker: worker, lease: StoreScenario.lease),
                is: [])
        },
        Case("what a worker renews is nobody else's") { scene in
            let (worker, other) = (try await scene.worker(), try await scene.worker())
            let held = try await scene.held(worker)
            for _ in 1...5 {
                scene.advance(.seconds(9))
                let renewed = try await scene.store.renew([held], worker: worker, lease: StoreScenario.lease)
                try expect("what was renewed", renewed, is: [held.executionID])
                try expect("the claims of others", try await scene.claim(other).count, is: 0)
            }
            scene.advance(StoreScenario.lease)
            try expect("the claims after the lease", try await scene.claim(other).count, is: 1)
        },
        Case("what was taken over cannot be renewed, released or reparked by its old owner") { scene in
            let (zombie, owner) = (try await scene.worker(), try await scene.worker())
            let old = try await scene.held(zombie)
            scene.advance(StoreScenario.lease)
            let new = try await scene.hold(old.executionID, owner).held
            try expect(
                "what was renewed", try await scene.store.renew([old], worker: zombie, lease: StoreScenario.lease),
                is: [])
            try await scene.store.release([old], worker: zombie)
            let woken = try await scene.store.repark(old, due: scene.now, seenGeneration: 0, needs: "other")
            try expect("the repark", woken, is: nil)
            let loaded = try await scene.load(old.executionID)
            try expect("whose turn it is", loaded.claimID, is: new.claimID)
            try expect("the owner", loaded.record.owner, is: owner)
            try expect("what it needs", loaded.record.needs, is: StoreScenario.needs)
        },
        Case("a worker that is dead, or was never registered, renews nothing") { scene in
            let worker = try await scene.worker()
            let held = try await scene.held(worker)
            try await scene.store.unregister(worker)
            try expect(
                "what was renewed", try await scene.store.renew([held], worker: worker, lease: StoreScenario.lease),
                is: [])
            let stranger = scene.workerID()
            let ownership = scene.ownership(stranger)
            let born = HeldClaim(try await scene.create(ownership: ownership), ownership.claimID)
            try expect(
                "what was renewed", try await scene.store.renew([born], worker: stranger, lease: StoreScenario.lease),
                is: [])
        },
        Case("what was released is due at once, and a take-over from nobody") { scene in
            let (worker, other) = (try await scene.worker(), try await scene.worker())
            let held = try await scene.held(worker)
            try await scene.store.release([held, HeldClaim(scene.executionID(), scene.claimID())], worker: worker)
            let loaded = try await scene.load(held.executionID)
            try expect("the owner", loaded.record.owner, is: nil)
            try expect("whose turn it is", loaded.claimID, is: held.claimID)
            let claims = try await scene.claim(other)
            try expect("the claims", claims.map(\.executionID), is: [held.executionID])
            try expect("a take-over", claims.map(\.isTakeover), is: [true])
            try expect("from whom", claims.map(\.previousOwner), is: [nil])
            try expect("the take-overs", claims.map(\.takeovers), is: [0])
        },
        Case("a repark lets go without a row") { scene in
            let worker = try await scene.worker()
            let held = try await scene.held(worker)
            let woken = try await scene.store.repark(
                held, due: scene.now + .seconds(60), seenGeneration: 0, needs: "other")
            try expect("woken", woken, is: false)
            let loaded = try await scene.load(held.executionID)
            try expect("whose turn it is", loaded.claimID, is: nil)
            try expect("the owner", loaded.record.owner, is: nil)
            try expect("when it is due", loaded.record.nextAt, is: scene.now + .seconds(60))
            try expect("what it needs", loaded.record.needs, is: "other")
            try expect("the rows", loaded.record.rows.count, is: 1)
            try expect(
                "a second repark", try await scene.store.repark(held, due: scene.now, seenGeneration: 0, needs: "x"),
                is: nil)
        },
        Case("a repark after a signal that was not seen is woken") { scene in
            let worker = try await scene.worker()
            let held = try await scene.held(worker)
            let generation = try await scene.send(held.executionID)
            let needs = StoreScenario.needs
            let woken = try await scene.store.repark(
                held, due: .distantFuture, seenGeneration: generation - 1, needs: needs)
            try expect("woken", woken, is: true)
            let (again, claim) = try await scene.hold(held.executionID, worker)
            try expect("a take-over", claim.isTakeover, is: false)
            let sleeps = try await scene.store.repark(
                again, due: .distantFuture, seenGeneration: claim.wakeGeneration, needs: needs)
            try expect("woken", sleeps, is: false)
            try expect("the claims", try await scene.claim(worker).count, is: 0)
        },
        Case("a repark of an ended execution finds the claim lost") { scene in
            let held = try await scene.held(try await scene.worker())
            try await scene.commit(scene.end(held.executionID, at: 2))
            try expect(
                "the repark", try await scene.store.repark(held, due: scene.now, seenGeneration: 0, needs: "x"), is: nil
            )
            try await scene.store.release([held], worker: scene.workerID())
            try expect("when it is due", try await scene.record(held.executionID).nextAt, is: nil)
        },
    ]
}
