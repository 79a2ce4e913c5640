// Parents, children and executions that go on after their end.

import Skein
import SkeinCore

extension StoreConformance {
    static let families: [Case] = [
        Case("children are kept in their order, once each, and counted when they have ended") { scene in
            let worker = try await scene.worker()
            let parent = try await scene.held(worker)
            let id = parent.executionID
            try await scene.commit(scene.step(id, at: 2).with(family: .expects([.init(2, total: 3)])))
            let children = (0..<3).map { scene.child(of: id, round: 2, ordinal: $0) }
            for _ in 0..<2 {
                for outcome in try await scene.outcomes(children) { try outcome.expectCommitted() }
            }
            let count = try await scene.store.children(of: id, round: 2, wakeAt: 2)
            try expect("how far the round is", count, is: ChildCount(started: 3, ended: 0))
            let listed = try await scene.store.children(of: id, round: 2, from: 1, limit: 5)
            try expect("the children", listed, is: children[1...].map(\.executionID))

            let ends = children.map { scene.end($0.executionID, at: 2).with(family: .reports(parent: id, round: 2)) }
            try await scene.commit(ends[0])
            try await scene.commit(ends[0])
            try expect("the woken", try await scene.store.countEndedChildren(), is: [])
            try await scene.commit(ends[1])
            try expect("the woken", try await scene.store.countEndedChildren(), is: [id])
            try expect("the woken again", try await scene.store.countEndedChildren(), is: [])
            let later = try await scene.store.children(of: id, round: 2, wakeAt: 3)
            try expect("how far the round is", later.ended, is: 2)
        },
        Case("who only looks at a round does not change what wakes the parent") { scene in
            let worker = try await scene.worker()
            let id = try await scene.held(worker).executionID
            try await scene.commit(scene.step(id, at: 2).with(family: .expects([.init(2, total: 1)])))
            let child = scene.child(of: id, round: 2, ordinal: 0)
            for outcome in try await scene.outcomes([child]) { try outcome.expectCommitted() }
            _ = try await scene.store.children(of: id, round: 2, wakeAt: 1)
            let seen = try await scene.store.children(of: id, round: 2, wakeAt: nil, failsFast: false)
            try expect("how far the round is", seen, is: ChildCount(started: 1, ended: 0))
            try await scene.commit(scene.end(child.executionID, at: 2).with(family: .reports(parent: id, round: 2)))
            try expect("the woken", try await scene.store.countEndedChildren(), is: [id])
        },
        Case("only whoever holds the parent makes children of it") { scene in
            let worker = try await scene.worker()
            let parent = try await scene.held(worker)
            let id = parent.executionID
            try await scene.commit(scene.step(id, at: 2).with(family: .expects([.init(2, total: 3)])))
            let other = HeldClaim(id, ClaimID(raw: scene.executionID().raw))
            let stale = try await scene.outcomes([scene.child(of: id, round: 2, ordinal: 0, by: other)])
            try expect("a child of somebody else", stale.map(\.isStale), is: [true])
            let born = try await scene.outcomes([scene.child(of: id, round: 2, ordinal: 0, by: parent)])
            try expect("the owner's child", born.map(\.isStale), is: [false])
            _ = try await scene.store.cancel(
                id, operationID: OperationID(raw: scene.executionID().raw), at: scene.now, body: scene.cancelled())
            let late = try await scene.outcomes([scene.child(of: id, round: 2, ordinal: 1, by: parent)])
            try expect("a child after the end", late.map(\.isStale), is: [true])
            let children = try await scene.store.children(of: id, round: nil, from: 0, limit: 5)
            try expect("the children", children.count, is: 1)
        },
        Case("a child that fails wakes a parent that need not wait for the others") { scene in
            let worker = try await scene.worker()
            let id = try await scene.held(worker).executionID
            try await scene.commit(scene.step(id, at: 2).with(family: .expects([.init(2, total: 3)])))
            let children = (0..<3).map { scene.child(of: id, round: 2, ordinal: $0) }
            for outcome in try await scene.outcomes(children) { try outcome.expectCommitted() }
            _ = try await scene.store.children(of: id, round: 2, wakeAt: 3, failsFast: true)
            func end(_ ordinal: Int, failed: Bool) async throws -> [ExecutionID] {
                let report = Append.Family.reports(parent: id, round: 2, failed: failed)
                try await scene.commit(scene.end(children[ordinal].executionID, at: 2).with(family: report))
                return try await scene.store.countEndedChildren()
            }
            try expect("the woken", try await end(0, failed: false), is: [])
            try expect("the woken by a failure", try await end(1, failed: true), is: [id])
            let count = try await scene.store.children(of: id, round: 2, wakeAt: 3, failsFast: false)
            try expect("how far the round is", count, is: ChildCount(started: 3, ended: 2, failed: 1))
        },
        Case("one row may ask for several rounds of children") { scene in
            let worker = try await scene.worker()
            let id = try await scene.held(worker).executionID
            let both: Append.Family = .expects([.init(2, total: 1), .init(-7, total: 1)])
            try await scene.commit(scene.step(id, at: 2).with(family: both))
            for round: Int64 in [2, -7] {
                let child = scene.child(of: id, round: round, ordinal: 0)
                for outcome in try await scene.outcomes([child]) { try outcome.expectCommitted() }
                _ = try await scene.store.children(of: id, round: round, wakeAt: 1)
                try await scene.commit(
                    scene.end(child.executionID, at: 2).with(family: .reports(parent: id, round: round)))
                try expect("the woken", try await scene.store.countEndedChildren(), is: [id])
                let count = try await scene.store.children(of: id, round: round, wakeAt: 1)
                try expect("how far round \(round) is", count, is: ChildCount(started: 1, ended: 1))
            }
        },
        Case("a parent that parks before it has seen its children's end is woken") { scene in
            let worker = try await scene.worker()
            let parent = try await scene.held(worker)
            let id = parent.executionID
            try await scene.commit(scene.step(id, at: 2).with(family: .expects([.init(2, total: 1)])))
            let child = scene.child(of: id, round: 2, ordinal: 0)
            try await scene.commit(child)
            _ = try await scene.store.children(of: id, round: 2, wakeAt: 1)
            try await scene.commit(scene.end(child.executionID, at: 2).with(family: .reports(parent: id, round: 2)))
            _ = try await scene.store.countEndedChildren()
            let isWoken = try await scene.store.repark(
                parent, due: .distantFuture, seenGeneration: 0, needs: StoreScenario.needs)
            try expect("woken", isWoken, is: true)
        },
        Case("a child of another round, or of a parent that has ended, wakes nobody") { scene in
            let worker = try await scene.worker()
            let id = try await scene.held(worker).executionID
            try await scene.commit(scene.step(id, at: 2).with(family: .expects([.init(2, total: 1)])))
            _ = try await scene.store.children(of: id, round: 2, wakeAt: 1)
            let late = scene.child(of: id, round: 9, ordinal: 0)
            try await scene.commit(late)
            try await scene.commit(scene.end(late.executionID, at: 2).with(family: .reports(parent: id, round: 9)))
            try expect("the woken", try await scene.store.countEndedChildren(), is: [])
            let orphan = scene.child(of: id, round: 2, ordinal: 1)
            try await scene.commit(orphan)
            try await scene.commit(scene.end(id, at: 3))
            try await scene.commit(scene.end(orphan.executionID, at: 2).with(family: .reports(parent: id, round: 2)))
            try expect("the woken", try await scene.store.countEndedChildren(), is: [])
        },
        Case("a cancelled parent is remembered until its children are, and a cancelled child is counted") { scene in
            let worker = try await scene.worker()
            let id = try await scene.held(worker).executionID
            try await scene.commit(scene.step(id, at: 2).with(family: .expects([.init(2, total: 1)])))
            _ = try await scene.store.children(of: id, round: 2, wakeAt: 1)
            let child = scene.child(of: id, round: 2, ordinal: 0)
            try await scene.commit(child)
            _ = try await scene.store.cancel(
                child.executionID, operationID: scene.operationID(), at: scene.now, body: scene.cancelled())
            try expect("the woken", try await scene.store.countEndedChildren(), is: [id])
            try expect("the cascades", try await scene.store.cascades(limit: 5), is: [])
            _ = try await scene.store.cancel(
                id, operationID: scene.operationID(), at: scene.now, body: scene.cancelled())
            try expect("the cascades", try await scene.store.cascades(limit: 5), is: [id])
            let look = scene.request(scene.ownership(worker), limit: 0)
            try expect("a cascade, as claims see it", try await scene.store.claim(look).hasCascades, is: true)
            try await scene.store.endCascade(of: id)
            try expect("the cascades", try await scene.store.cascades(limit: 5), is: [])
            try expect("a cascade, as claims see it", try await scene.store.claim(look).hasCascades, is: false)
        },
        Case("a row may leave children behind that have to be cancelled, once it is in the log") { scene in
            let worker = try await scene.worker()
            let id = try await scene.held(worker).executionID
            try await scene.commit(scene.step(id, at: 2))
            let late = scene.end(id, at: 2, status: .cancelled)
            let row = Append(
                executionID: id, position: 2, kind: .end, count: 1, operationID: scene.operationID(), at: scene.now,
                body: late.body,
                effect: late.effect, snapshot: late.snapshot, cascades: true)
            try await scene.expectFenced(row)
            try expect("the cascades", try await scene.store.cascades(limit: 5), is: [])
            try await scene.commit(
                Append(
                    executionID: id, position: 3, kind: .end, count: 1, operationID: scene.operationID(),
                    at: scene.now, body: late.body, effect: late.effect, snapshot: late.snapshot, cascades: true))
            try expect("the cascades", try await scene.store.cascades(limit: 5), is: [id])
        },
        Case("an ended execution that is reopened is due again, and ends again") { scene in
            let worker = try await scene.worker()
            let held = try await scene.held(worker)
            let id = held.executionID
            try await scene.commit(scene.end(id, at: 2, status: .failed))
            let reopened = scene.step(id, at: 3, kind: .reopened).with(
                effect: .reopen(needs: StoreScenario.needs), snapshot: Snapshot(status: .running))
            try await scene.commit(reopened)
            try await scene.expectFenced(scene.step(id, at: 3))
            try expect("what is due", try await scene.claim(worker).map(\.executionID), is: [id])
            try await scene.commit(scene.end(id, at: 4, status: .completed))
            try expect("the status", try await scene.store.list(ExecutionQuery()).map(\.status), is: [.completed])
            try expect("what is due", try await scene.claim(worker).count, is: 0)
        },
        Case("what is over can be deleted, and whoever reopens it meanwhile has it back") { scene in
            let worker = try await scene.worker()
            let id = try await scene.held(worker).executionID
            try expect("a deletion of what lives", try await scene.store.delete(id, by: Intervention()), is: false)
            try await scene.commit(scene.end(id, at: 2, status: .failed))
            try expect("a deletion", try await scene.store.delete(id, by: Intervention()), is: true)
            try expect("the same again", try await scene.store.delete(id, by: Intervention()), is: true)
            try expect("whether anybody sees it", try await scene.store.record(id) == nil, is: true)
            try await scene.commit(
                scene.step(id, at: 3, kind: .reopened).with(
                    effect: .reopen(needs: StoreScenario.needs), snapshot: Snapshot(status: .running)))
            try expect("whether anybody sees it", try await scene.store.record(id) == nil, is: false)
            try expect("what is due", try await scene.claim(worker).map(\.executionID), is: [id])
        },
        Case("what was sent before an end keeps its number when the execution is reopened") { scene in
            let worker = try await scene.worker()
            let id = try await scene.held(worker).executionID
            let first = try await scene.send(id, name: "before")
            try await scene.commit(scene.end(id, at: 2, status: .failed))
            try await scene.commit(
                scene.step(id, at: 3, kind: .reopened).with(
                    effect: .reopen(needs: StoreScenario.needs), snapshot: Snapshot(status: .running)))
            let second = try await scene.send(id, name: "after")
            try expect("whether the next number is larger", second > first, is: true)
            let row = Append(
                executionID: id, position: 4, kind: .step, count: 1, operationID: scene.operationID(),
                at: scene.now, body: scene.step(id, at: 4).body, consumed: [second])
            try await scene.commit(row)
            try expect("the inbox", try await scene.load(id).inbox.map(\.name), is: ["before"])
        },
        Case("one row may consume several items of the inbox") { scene in
            let id = try await scene.create()
            let first = try await scene.send(id, name: "a")
            _ = try await scene.send(id, name: "b")
            let third = try await scene.send(id, name: "c")
            let row = Append(
                executionID: id, position: 2, kind: .step, count: 1, operationID: scene.operationID(),
                at: scene.now, body: scene.step(id, at: 2).body, consumed: [first, third])
            try await scene.commit(row)
            try expect("the inbox", try await scene.load(id).inbox.map(\.name), is: ["b"])
        },
    ]
}

extension StoreScenario {
    /// The first row of a child.
    fileprivate func child(of parent: ExecutionID, round: Int64, ordinal: Int32, by owner: HeldClaim? = nil) -> Append {
        let id = executionID()
        let creation = ExecutionCreation(
            id: id, flowID: "flow", flowVersion: "1.0.0", context: [:], parentID: parent, rootID: parent,
            parentRound: round, ordinal: ordinal, depth: 1, createdAt: now)
        var new = NewExecution(creation: creation, needs: StoreScenario.needs, readyAt: .distantFuture)
        new.parent = owner
        return Append(
            executionID: id, position: 1, kind: .created, count: 1, operationID: OperationID(raw: id.raw),
            at: now, body: LogBody(workerID: nil, at: now, events: [.created(creation)]).encoded(),
            effect: .create(new, ownership: nil))
    }

    fileprivate func cancelled() -> [UInt8] {
        LogBody(workerID: nil, at: now, events: [.cancelled(Cancellation())]).encoded()
    }
}

extension AppendOutcome {
    fileprivate var isStale: Bool {
        if case .refused(let error) = self { error.code == .stale } else { false }
    }
}
