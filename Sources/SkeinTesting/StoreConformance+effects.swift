// What hangs on a row happens with it, once, and never without it.

import Skein
import SkeinCore

extension StoreConformance {
    static let effects: [Case] = [
        Case("a parked execution is let go of until it is due") { scene in
            let worker = try await scene.worker(handlers: ["other"])
            let held = try await scene.held(worker)
            let woken = try await scene.commit(
                scene.park(held.executionID, at: 2, due: scene.now + .seconds(60), needs: "other"))
            try expect("woken", woken, is: false)
            let loaded = try await scene.load(held.executionID)
            try expect("whose turn it is", loaded.claimID, is: nil)
            try expect("the owner", loaded.record.owner, is: nil)
            try expect("what it needs", loaded.record.needs, is: "other")
            try expect("when it is due", loaded.record.nextAt, is: scene.now + .seconds(60))
            let request = { scene.request(scene.ownership(worker), handlers: ["other"]) }
            try expect("the claims before it is due", try await scene.store.claim(request()).claims.count, is: 0)
            scene.advance(.seconds(60))
            let claims = try await scene.store.claim(request()).claims
            try expect("the claims when it is due", claims.map(\.executionID), is: [held.executionID])
            try expect("a take-over", claims.map(\.isTakeover), is: [false])
            try expect("when it was due", claims.map(\.dueAt), is: [scene.now])
        },
        Case("an execution that parks without a time is never due by itself") { scene in
            let worker = try await scene.worker()
            let held = try await scene.held(worker)
            try await scene.commit(scene.park(held.executionID, at: 2))
            scene.advance(.seconds(86_400 * 3_650))
            let result = try await scene.store.claim(scene.request(scene.ownership(worker)))
            try expect("the claims", result.claims.count, is: 0)
            try expect("when something is due", result.nextDue, is: nil)
            try await scene.send(held.executionID)
            try expect("the claims after a signal", try await scene.claim(worker).count, is: 1)
        },
        Case("who parks without having seen the latest signal is woken at once") { scene in
            let worker = try await scene.worker()
            let (held, claim) = try await scene.hold(try await scene.create(), worker)
            try await scene.send(held.executionID)
            let woken = try await scene.commit(scene.park(held.executionID, at: 2, seen: claim.wakeGeneration))
            try expect("woken", woken, is: true)
            let claims = try await scene.claim(worker)
            try expect("the claims", claims.map(\.executionID), is: [held.executionID])
            try expect("the generation", claims.map(\.wakeGeneration), is: [claim.wakeGeneration + 1])
        },
        Case("who parks having seen the latest signal sleeps") { scene in
            let worker = try await scene.worker()
            let held = try await scene.held(worker)
            let generation = try await scene.send(held.executionID)
            try expect(
                "woken", try await scene.commit(scene.park(held.executionID, at: 2, seen: generation)), is: false)
            try expect("the claims", try await scene.claim(worker).count, is: 0)
        },
        Case("a park that is sent again does not let go for the next owner") { scene in
            let (first, second) = (try await scene.worker(), try await scene.worker())
            let held = try await scene.held(first)
            let park = scene.park(held.executionID, at: 2, due: scene.now)
            try await scene.commit(park)
            let next = try await scene.hold(held.executionID, second).held
            try await scene.commit(park)
            let loaded = try await scene.load(held.executionID)
            try expect("whose turn it is", loaded.claimID, is: next.claimID)
            try expect("the owner", loaded.record.owner, is: second)
        },
        Case("a fenced row brings nothing with it") { scene in
            let worker = try await scene.worker()
            let held = try await scene.held(worker)
            let id = held.executionID
            let generation = try await scene.send(id)
            try await scene.commit(scene.step(id, at: 2))
            let park = scene.park(id, at: 2, seen: generation, snapshot: "stale").with(consumed: generation)
            let end = scene.end(id, at: 2).with(consumed: generation)
            try await scene.expectFenced(park)
            try await scene.expectFenced(end)
            let loaded = try await scene.load(id)
            try expect("whose turn it is", loaded.claimID, is: held.claimID)
            try expect("the owner", loaded.record.owner, is: worker)
            try expect(loaded.record.snapshot == nil, "no snapshot was written")
            try expect("the inbox", loaded.inbox.map(\.generation), is: [generation])
        },
        Case("an ended execution is nobody's and never due") { scene in
            let worker = try await scene.worker()
            let held = try await scene.held(worker)
            let row = scene.end(held.executionID, at: 2, status: .failed)
            try await scene.commit(row)
            let loaded = try await scene.load(held.executionID)
            try expect("whose turn it is", loaded.claimID, is: nil)
            try expect("the owner", loaded.record.owner, is: nil)
            try expect("when it is due", loaded.record.nextAt, is: nil)
            try expect("the snapshot", loaded.record.snapshot, is: row.snapshot?.bytes)
            try expect("rows beyond the snapshot", loaded.record.rows.count, is: 0)
            try expect("the log", try await scene.log(held.executionID).map(\.kind), is: [.created, .end])
            try expect("the status", try await scene.store.list(ExecutionQuery()).map(\.status), is: [.failed])
            scene.advance(.seconds(86_400))
            try expect("the claims", try await scene.claim(worker).count, is: 0)
            try expect(
                "what was renewed", try await scene.store.renew([held], worker: worker, lease: StoreScenario.lease),
                is: [])
            let direct = try await scene.store.claim([held.executionID], for: scene.ownership(worker), reach: .any)
            try expect("what was claimed by force", direct.count, is: 0)
        },
        Case("a record has the snapshot and the rows beyond it") { scene in
            let id = try await scene.create()
            let row = scene.step(id, at: 2, count: 3).with(snapshot: Snapshot(status: .running, bytes: [1]))
            try await scene.commit(row)
            try expect("rows beyond the snapshot", try await scene.record(id).rows.count, is: 0)
            try await scene.commit(scene.step(id, at: 5))
            try await scene.commit(scene.step(id, at: 6, count: 2))
            let record = try await scene.record(id)
            try expect("the snapshot", record.snapshot, is: [1])
            try expect("rows beyond the snapshot", record.rows.map(\.position), is: [5, 6])
            try await scene.commit(scene.park(id, at: 8, snapshot: "2"))
            try await scene.commit(scene.step(id, at: 9))
            let later = try await scene.load(id).record
            try expect("the snapshot", later.snapshot, is: Array("2".utf8))
            try expect("rows beyond the snapshot", later.rows.map(\.position), is: [9])
        },
        Case("a row consumes one item of the inbox, once") { scene in
            let id = try await scene.create()
            let first = try await scene.send(id, name: "a")
            let second = try await scene.send(id, name: "b")
            let row = scene.step(id, at: 2).with(consumed: second)
            try await scene.commit(row)
            try await scene.commit(row)
            try expect("the inbox", try await scene.load(id).inbox.map(\.generation), is: [first])
        },
        Case("a paused execution is not due, not woken and not forced until it is resumed") { scene in
            let worker = try await scene.worker()
            let id = try await scene.create()
            let pause = scene.park(id, at: 2, due: .distantFuture).with(
                kind: .pause, snapshot: Snapshot(status: .paused, bytes: [1]))
            try await scene.send(id)
            try expect("woken", try await scene.commit(pause), is: false)
            try await scene.send(id)
            try expect("the claims", try await scene.claim(worker).count, is: 0)
            let forced = try await scene.store.claim([id], for: scene.ownership(worker), reach: .any)
            try expect("what was claimed by force", forced.count, is: 0)
            try expect("the status", try await scene.store.list(ExecutionQuery()).map(\.status), is: [.paused])
            let resume = scene.park(id, at: 3, due: scene.now).with(kind: .resume)
            try expect("woken", try await scene.commit(resume), is: true)
            try expect("the claims", try await scene.claim(worker).count, is: 1)
        },
    ]
}
