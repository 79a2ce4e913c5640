// Signals and cancels: what comes from outside while somebody else owns the execution.

import Skein
import SkeinCore

extension StoreConformance {
    static let inboxes: [Case] = [
        Case("what is sent is numbered and waits in the inbox in that order") { scene in
            let id = try await scene.create()
            let payload: JSONValue = ["deep": [1, 2.5, nil, "é😀", ["x": true]]]
            let sent: [(kind: InboxItem.Kind, name: String, payload: JSONValue?)] = [
                (.signal, "a", payload), (.resume, "b", .none), (.signal, "a", .some(.null)),
                (.signal, "", .some(false)),
            ]
            for (index, item) in sent.enumerated() {
                let message = scene.message(id, name: item.name, payload: item.payload, kind: item.kind)
                try expect(
                    "the outcome", try await scene.store.send(message), is: .accepted(generation: Int64(index) + 1))
            }
            let inbox = try await scene.load(id).inbox
            try expect("the generations", inbox.map(\.generation), is: [1, 2, 3, 4])
            try expect("the kinds", inbox.map(\.kind), is: sent.map(\.kind))
            try expect("the names", inbox.map(\.name), is: sent.map(\.name))
            try expect("the payloads", inbox.map(\.payload), is: sent.map(\.payload))
        },
        Case("the same operation is accepted once, also after the end") { scene in
            let id = try await scene.create()
            let operation = scene.operationID()
            for _ in 1...2 {
                let outcome = try await scene.store.send(scene.message(id, operation: operation))
                try expect("the outcome", outcome, is: .accepted(generation: 1))
            }
            try expect("the inbox", try await scene.load(id).inbox.count, is: 1)
            let row = scene.step(id, at: 2).with(consumed: 1)
            try await scene.commit(row)
            try expect(
                "the outcome", try await scene.store.send(scene.message(id, operation: operation)),
                is: .accepted(generation: 1))
            try expect("the inbox", try await scene.load(id).inbox.count, is: 0)
            try await scene.commit(scene.end(id, at: 3))
            try expect(
                "the outcome", try await scene.store.send(scene.message(id, operation: operation)),
                is: .accepted(generation: 1))
            try expect("another operation", try await scene.store.send(scene.message(id)), is: .notAlive)
        },
        Case("a wait is resumed once, also by fifty at once") { scene in
            let id = try await scene.create()
            let outcomes = try await withThrowingTaskGroup(of: SendOutcome.self) { group in
                for _ in 0..<50 {
                    let message = scene.message(id, name: "7", kind: .resume)
                    group.addTask { try await scene.store.send(message) }
                }
                return try await group.reduce(into: [SendOutcome]()) { $0.append($1) }
            }
            try expect("how many came too late", outcomes.count { $0 == .taken }, is: 49)
            try expect("the inbox", try await scene.load(id).inbox.count, is: 1)
            let other = try await scene.store.send(scene.message(id, name: "8", kind: .resume))
            guard case .accepted = other else {
                throw StoreViolation(message: "another wait is resumed, too", place: "\(#fileID):\(#line)")
            }
        },
        Case("one operation may be sent to two executions") { scene in
            let ids = try await scene.create(2)
            let operation = scene.operationID()
            for id in ids {
                let outcome = try await scene.store.send(scene.message(id, operation: operation))
                try expect("the outcome", outcome, is: .accepted(generation: 1))
            }
        },
        Case("nothing can be sent to an execution that has ended or never was") { scene in
            try expect("the outcome", try await scene.store.send(scene.message(scene.executionID())), is: .notAlive)
            let id = try await scene.create()
            try await scene.commit(scene.end(id, at: 2))
            try expect("the outcome", try await scene.store.send(scene.message(id)), is: .notAlive)
            try expect("the inbox", try await scene.load(id).inbox.count, is: 0)
        },
        Case("a signal wakes a sleeper and leaves an owner alone") { scene in
            let worker = try await scene.worker()
            let held = try await scene.held(worker)
            let before = try await scene.record(held.executionID)
            let seen = try await scene.send(held.executionID)
            let during = try await scene.load(held.executionID)
            try expect("the end of the lease", during.record.nextAt, is: before.nextAt)
            try expect("whose turn it is", during.claimID, is: held.claimID)
            try await scene.commit(scene.park(held.executionID, at: 2, due: scene.now + .seconds(60), seen: seen))
            scene.advance(.seconds(1))
            try await scene.send(held.executionID)
            let claims = try await scene.claim(worker)
            try expect("the claims", claims.map(\.executionID), is: [held.executionID])
            try expect("the generation", claims.map(\.wakeGeneration), is: [2])
            try expect("when it was due", claims.map(\.dueAt), is: [scene.now])
        },
        Case("a signal never makes an execution due later than it is") { scene in
            let id = try await scene.create()
            let due = scene.now
            scene.advance(.seconds(5))
            try await scene.send(id)
            try expect("when it is due", try await scene.record(id).nextAt, is: due)
        },
        Case("a payload with a NUL comes back, or is refused before it is accepted") { scene in
            let id = try await scene.create()
            let payload: JSONValue = ["text": "a\u{0}b"]
            do {
                _ = try await scene.store.send(scene.message(id, payload: payload))
            } catch let error as StoreError where error.code == .invalid {
                return
            }
            try expect("the payload", try await scene.load(id).inbox.map(\.payload), is: [payload])
        },
    ]

    static let cancels: [Case] = [
        Case("a cancel is the last row, and the execution is nobody's") { scene in
            let worker = try await scene.worker()
            let held = try await scene.held(worker)
            let id = held.executionID
            try await scene.commit(scene.step(id, at: 2, count: 3))
            let body = scene.cancelBody()
            let outcome = try await scene.store.cancel(id, operationID: scene.operationID(), at: scene.now, body: body)
            try expect("the outcome", outcome, is: .cancelled(position: 5))
            let loaded = try await scene.load(id)
            try expect("the last row", loaded.record.rows.last?.kind, is: .cancel)
            try expect("its count", loaded.record.rows.last?.count, is: 1)
            try expect("its body", loaded.record.rows.last?.body, is: body)
            try expect("its time", loaded.record.rows.last?.at, is: scene.now)
            try expect("whose turn it is", loaded.claimID, is: nil)
            try expect("when it is due", loaded.record.nextAt, is: nil)
            try expect("the status", try await scene.store.list(ExecutionQuery()).map(\.status), is: [.cancelled])
            try await scene.expectGapless(id)
        },
        Case("after a cancel the owner is fenced and has nothing to keep") { scene in
            let worker = try await scene.worker()
            let held = try await scene.held(worker)
            let id = held.executionID
            _ = try await scene.store.cancel(
                id, operationID: scene.operationID(), at: scene.now, body: scene.cancelBody())
            for row in [scene.step(id, at: 2), scene.park(id, at: 2), scene.end(id, at: 2)] {
                try await scene.expectFenced(row)
            }
            try expect(
                "what was renewed", try await scene.store.renew([held], worker: worker, lease: StoreScenario.lease),
                is: [])
            try expect("a signal", try await scene.store.send(scene.message(id)), is: .notAlive)
            scene.advance(.seconds(3_600))
            try expect("the claims", try await scene.claim(worker).count, is: 0)
            try expect("the log", try await scene.log(id).map(\.kind), is: [.created, .cancel])
        },
        Case("the same cancel is answered again, another finds nothing alive") { scene in
            let id = try await scene.create()
            let operation = scene.operationID()
            for _ in 1...2 {
                let outcome = try await scene.store.cancel(
                    id, operationID: operation, at: scene.now, body: scene.cancelBody())
                try expect("the outcome", outcome, is: .cancelled(position: 2))
            }
            let other = try await scene.store.cancel(
                id, operationID: scene.operationID(), at: scene.now, body: scene.cancelBody())
            try expect("another cancel", other, is: .notAlive)
            try expect("the rows", try await scene.log(id).count, is: 2)
        },
        Case("what has ended or never was cannot be cancelled") { scene in
            let id = try await scene.create()
            try await scene.commit(scene.end(id, at: 2))
            for id in [id, scene.executionID()] {
                let outcome = try await scene.store.cancel(
                    id, operationID: scene.operationID(), at: scene.now, body: scene.cancelBody())
                try expect("the outcome", outcome, is: .notAlive)
            }
            try expect("the status", try await scene.store.list(ExecutionQuery()).map(\.status), is: [.completed])
        },
        Case("a cancel keeps the snapshot and comes as a row beyond it") { scene in
            let id = try await scene.create()
            try await scene.commit(scene.park(id, at: 2, snapshot: "state"))
            try await scene.commit(scene.step(id, at: 3))
            _ = try await scene.store.cancel(
                id, operationID: scene.operationID(), at: scene.now, body: scene.cancelBody())
            let record = try await scene.record(id)
            try expect("the snapshot", record.snapshot, is: Array("state".utf8))
            try expect("rows beyond the snapshot", record.rows.map(\.kind), is: [.step, .cancel])
        },
    ]
}

extension StoreScenario {
    /// A cancel's row: one event.
    func cancelBody() -> [UInt8] {
        LogBody(workerID: nil, at: now, events: [.cancelled(Cancellation(source: .user, reason: "test"))]).encoded()
    }
}
