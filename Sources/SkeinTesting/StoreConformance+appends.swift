// The log's end is the lock.

import Skein
import SkeinCore

extension StoreConformance {
    static let appends: [Case] = [
        Case("a created execution has one row and can be claimed") { scene in
            let creation = scene.creation(tenant: "t", tag: "red", priority: 3, context: ["a": 1])
            let worker = try await scene.worker()
            try await scene.create(creation)
            let record = try await scene.record(creation.id)
            try expect("the creation", record.creation, is: creation)
            try expect("the positions", record.rows.map(\.position), is: [1])
            try expect("the kinds", record.rows.map(\.kind), is: [.created])
            try expect("the time of the row", record.rows.map(\.at), is: [scene.now])
            try expect("the owner", record.owner, is: nil)
            try expect("what it needs", record.needs, is: StoreScenario.needs)
            try expect(record.snapshot == nil, "there is no snapshot yet")
            let claims = try await scene.claim(worker)
            try expect("the claims", claims.map(\.executionID), is: [creation.id])
            try expect("a take-over", claims.map(\.isTakeover), is: [false])
        },
        Case("a row goes behind the last event of the row before it") { scene in
            let id = try await scene.create()
            try await scene.commit(scene.step(id, at: 2, count: 3))
            try await scene.commit(scene.step(id, at: 5, count: 2))
            try await scene.commit(scene.step(id, at: 7))
            let rows = try await scene.log(id)
            try expect("the positions", rows.map(\.position), is: [1, 2, 5, 7])
            try expect("the counts", rows.map(\.count), is: [1, 3, 2, 1])
            try await scene.expectGapless(id)
        },
        Case("of two rows at one position the first is committed and the second is fenced") { scene in
            let id = try await scene.create()
            let first = scene.step(id, at: 2)
            try await scene.commit(first)
            try await scene.expectFenced(scene.step(id, at: 2))
            try expect("the second row", try await scene.log(id).last?.body, is: first.body)
        },
        Case("a stale row is fenced wherever the log has gone on") { scene in
            let id = try await scene.create()
            try await scene.commit(scene.step(id, at: 2))
            try await scene.commit(scene.step(id, at: 3, count: 4))
            try await scene.commit(scene.step(id, at: 7))
            for position: Int64 in [1, 2, 3, 7] { try await scene.expectFenced(scene.step(id, at: position)) }
            try expect("the end of the log", try await scene.expectGapless(id), is: 8)
        },
        Case("a row that is sent again is committed and stands in the log once") { scene in
            let id = try await scene.create()
            let row = scene.step(id, at: 2, count: 2)
            try await scene.commit(row)
            try await scene.commit(row)
            try await scene.commit(scene.step(id, at: 4))
            try await scene.commit(row)
            try expect("the positions", try await scene.log(id).map(\.position), is: [1, 2, 4])
        },
        Case("an execution is created once: again by the same operation is committed, by another fenced") { scene in
            let creation = scene.creation()
            let row = scene.first(creation)
            try await scene.commit(row)
            try await scene.commit(row)
            try await scene.expectFenced(scene.first(creation))
            try expect("the rows", try await scene.log(creation.id).count, is: 1)
        },
        Case("a creation that is sent again does not make an ended execution claimable") { scene in
            let worker = try await scene.worker()
            let row = scene.first(scene.creation())
            try await scene.commit(row)
            try await scene.commit(scene.end(row.executionID, at: 2))
            try await scene.commit(row)
            try expect("the claims", try await scene.claim(worker).count, is: 0)
            try expect("when it is due", try await scene.record(row.executionID).nextAt, is: nil)
        },
        Case("a take-over fences the old owner once it has appended") { scene in
            let (zombie, owner) = (try await scene.worker(), try await scene.worker())
            let id = try await scene.held(zombie).executionID
            scene.advance(StoreScenario.lease)
            let claim = try await scene.hold(id, owner).claim
            try expect(claim.isTakeover, "a claim after a lease that ended is a take-over")
            try await scene.commit(scene.recovered(id, at: 2))
            try await scene.expectFenced(scene.step(id, at: 2))
            try await scene.expectFenced(scene.park(id, at: 2))
            try await scene.expectFenced(scene.end(id, at: 2))
            try await scene.commit(scene.step(id, at: 3))
            try expect("the owner", try await scene.record(id).owner, is: owner)
        },
        Case("a late row of the old owner before the take-over's first row fences that one") { scene in
            let (zombie, owner) = (try await scene.worker(), try await scene.worker())
            let id = try await scene.held(zombie).executionID
            scene.advance(StoreScenario.lease)
            let held = try await scene.hold(id, owner).held
            try await scene.commit(scene.step(id, at: 2))
            try await scene.expectFenced(scene.recovered(id, at: 2))
            let loaded = try await scene.load(id)
            try expect("whose turn it is", loaded.claimID, is: held.claimID)
            try expect("the positions", loaded.record.rows.map(\.position), is: [1, 2])
            try await scene.commit(scene.recovered(id, at: 3))
        },
        Case("a recovered row changes nothing but the log") { scene in
            let worker = try await scene.worker()
            let held = try await scene.held(worker)
            let before = try await scene.record(held.executionID)
            try await scene.commit(scene.recovered(held.executionID, at: 2))
            let after = try await scene.load(held.executionID)
            try expect("whose turn it is", after.claimID, is: held.claimID)
            try expect("the owner", after.record.owner, is: worker)
            try expect("the end of the lease", after.record.nextAt, is: before.nextAt)
            try expect("what it needs", after.record.needs, is: before.needs)
        },
        Case("bodies come back byte by byte, zeros among them") { scene in
            let id = try await scene.create()
            let row = scene.step(id, at: 2).with(
                body: (0..<4_096).map { UInt8(truncatingIfNeeded: $0) } + [0, 0, 0],
                snapshot: Snapshot(status: .running, bytes: [0, 255, 0, 1]))
            try await scene.commit(row)
            try expect("the body", try await scene.log(id).last?.body, is: row.body)
            try expect("the snapshot", try await scene.record(id).snapshot, is: [0, 255, 0, 1])
        },
        Case("a body of 5 MB comes back whole") { scene in
            let id = try await scene.create()
            let row = scene.step(id, at: 2).with(
                body: (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) })
            try await scene.commit(row)
            let rows = try await scene.load(id).record.rows
            try expect(
                rows.last?.body == row.body,
                "the body has to come back as it was, \(rows.last?.body.count ?? -1) bytes came")
        },
        Case("rows carry the store's time") { scene in
            let id = try await scene.create()
            let start = scene.now
            scene.advance(.seconds(90))
            try await scene.commit(scene.step(id, at: 2))
            try expect("the times", try await scene.log(id).map(\.at), is: [start, start + .seconds(90)])
        },
    ]

    static let positions: [Case] = [
        Case("a row beyond the end of the log is fenced") { scene in
            let id = try await scene.create()
            try await scene.expectFenced(scene.step(id, at: 3))
            try expect("the rows", try await scene.log(id).count, is: 1)
        },
        Case("a row inside a row of several events is fenced") { scene in
            let id = try await scene.create()
            try await scene.commit(scene.step(id, at: 2, count: 3))
            try await scene.expectFenced(scene.step(id, at: 3))
            try expect("the end of the log", try await scene.expectGapless(id), is: 5)
        },
        Case("a row of an execution that was never created is fenced") { scene in
            let id = scene.executionID()
            try await scene.expectFenced(scene.step(id, at: 1))
            try expect(try await scene.store.record(id) == nil, "there is no execution")
        },
    ]
}
