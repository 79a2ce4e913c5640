// Making executions, with and without an idempotency key.

import Skein
import SkeinCore

extension StoreConformance {
    static let creations: [Case] = [
        Case("an execution may be born owned, for the length of a lease") { scene in
            let (creator, other) = (try await scene.worker(), try await scene.worker())
            let ownership = scene.ownership(creator)
            let id = try await scene.create(ownership: ownership)
            let loaded = try await scene.load(id)
            try expect("the owner", loaded.record.owner, is: creator)
            try expect("whose turn it is", loaded.claimID, is: ownership.claimID)
            try expect("the end of the lease", loaded.record.nextAt, is: scene.now + StoreScenario.lease)
            try expect("the claims of others", try await scene.claim(other).count, is: 0)
            let held = HeldClaim(id, ownership.claimID)
            let renewed = try await scene.store.renew([held], worker: creator, lease: StoreScenario.lease)
            try expect("what was renewed", renewed, is: [id])
            scene.advance(StoreScenario.lease)
            let claims = try await scene.claim(other)
            try expect("a take-over", claims.map(\.isTakeover), is: [true])
            try expect("from whom", claims.map(\.previousOwner), is: [creator])
        },
        Case("a creation with the latest version is refused when there are others by now, and harms no other") {
            scene in
            func row(_ flow: String, known: Int?) -> Append {
                let creation = scene.creation(flow: flow)
                let new = NewExecution(
                    creation: creation, needs: StoreScenario.needs, readyAt: scene.now, knownVersions: known)
                return scene.first(creation).with(effect: .create(new, ownership: nil))
            }
            _ = try await scene.store.register(scene.flow("a", "1.0.0"))
            try expect("the latest", try await scene.outcome(row("a", known: 1)).isCommitted, is: true)
            _ = try await scene.store.register(scene.flow("a", "2.0.0"))
            _ = try await scene.store.register(scene.flow("b", "1.0.0"))
            let other = try await scene.create()
            let batch = [
                row("a", known: 1), row("a", known: 2), row("a", known: nil), row("b", known: 1),
                scene.step(other, at: 2),
            ]
            let outcomes = try await scene.outcomes(batch)
            guard case .refused(let error) = outcomes[0] else {
                throw StoreViolation(message: "the store says \(outcomes[0])", place: "\(#fileID):\(#line)")
            }
            try expect("why", error.code, is: .stale)
            try expect("the row", try await scene.store.record(batch[0].executionID) == nil, is: true)
            try expect("the told and the untouched", [2, 4].map { outcomes[$0].isCommitted }, is: [true, true])
            // Whoever took the latest may have to look again with the others of its batch.
            for index in [1, 3] where !outcomes[index].isCommitted {
                try expect("again", try await scene.outcome(batch[index]).isCommitted, is: true)
            }
        },
        Case("an execution is not due before its time") { scene in
            let worker = try await scene.worker()
            let id = try await scene.create(readyAt: scene.now + .seconds(30))
            try expect("the claims before", try await scene.claim(worker).count, is: 0)
            scene.advance(.seconds(30))
            try expect("the claims then", try await scene.claim(worker).map(\.executionID), is: [id])
        },
        Case("an execution that does not run by itself is claimed by force only") { scene in
            let worker = try await scene.worker()
            let id = try await scene.create(readyAt: .distantFuture)
            scene.advance(.seconds(86_400 * 365))
            try expect("the claims", try await scene.claim(worker).count, is: 0)
            let direct = try await scene.store.claim([id], for: scene.ownership(worker), reach: .due)
            try expect("what was claimed without force", direct.count, is: 0)
            let forced = try await scene.store.claim([id], for: scene.ownership(worker), reach: .any)
            try expect("what was claimed by force", forced.map(\.executionID), is: [id])
            try expect("a take-over", forced.map(\.isTakeover), is: [false])
        },
    ]

    static let keys: [Case] = [
        Case("a keyed creation makes its execution, and once when it is sent again") { scene in
            let worker = try await scene.worker()
            let creation = scene.keyed("k", ownership: scene.ownership(worker))
            try expect("the outcome", try await scene.store.create([creation]), is: [.created])
            try expect("the outcome of the second send", try await scene.store.create([creation]), is: [.created])
            let loaded = try await scene.load(creation.append.executionID)
            try expect("the rows", loaded.record.rows.count, is: 1)
            try expect("the body", loaded.record.rows.first?.body, is: creation.append.body)
            try expect("the owner", loaded.record.owner, is: worker)
            try await scene.commit(scene.step(creation.append.executionID, at: 2))
        },
        Case("a key that is held says by what, and nothing is made") { scene in
            let holder = scene.keyed("k", fingerprint: [1, 2, 0])
            _ = try await scene.store.create([holder])
            let made = scene.now
            scene.advance(.seconds(59))
            let other = scene.keyed("k", fingerprint: [9])
            let outcome = try await scene.store.create([other])
            try expect(
                "the outcome", outcome,
                is: [.exists(holder.append.executionID, fingerprint: [1, 2, 0], expiresAt: made + .seconds(60))])
            try expect(try await scene.store.record(other.append.executionID) == nil, "nothing may be made")
            try expect("the executions", try await scene.store.list(ExecutionQuery()).count, is: 1)
        },
        Case("a key that has expired belongs to the next") { scene in
            let old = scene.keyed("k")
            _ = try await scene.store.create([old])
            scene.advance(.seconds(60))
            let new = scene.keyed("k", fingerprint: [2])
            try expect("the outcome", try await scene.store.create([new]), is: [.created])
            let outcome = try await scene.store.create([scene.keyed("k")])
            try expect(
                "the holder", outcome,
                is: [.exists(new.append.executionID, fingerprint: [2], expiresAt: scene.now + .seconds(60))])
            try expect("the old execution's rows", try await scene.log(old.append.executionID).count, is: 1)
        },
        Case("tenants and flows have keys of their own") { scene in
            let batch = [
                scene.keyed("k"), scene.keyed("k", tenant: "a"), scene.keyed("k", tenant: "b"),
                scene.keyed("k", flow: "other"),
                scene.keyed("other"),
            ]
            try expect("the outcomes", try await scene.store.create(batch), is: Array(repeating: .created, count: 5))
        },
        Case("one key twice in a batch makes one execution") { scene in
            let batch = [scene.keyed("k"), scene.keyed("other"), scene.keyed("k")]
            let outcomes = try await scene.store.create(batch)
            try expect("the outcome of the other key", outcomes[1], is: .created)
            let winners = [0, 2].filter { outcomes[$0] == .created }
            try expect("the winners", winners.count, is: 1)
            try expect("the executions", try await scene.store.list(ExecutionQuery()).count, is: 2)
            guard let winner = winners.first, case .exists(let holder, _, _) = outcomes[2 - winner] else {
                throw StoreViolation(message: "the loser has to learn who holds the key: \(outcomes)", place: #fileID)
            }
            try expect("the holder", holder, is: batch[winner].append.executionID)
        },
        Case("a batch of keys gives each its own outcome, in order") { scene in
            let held = scene.keyed("b", fingerprint: [7])
            _ = try await scene.store.create([held])
            let outcomes = try await scene.store.create([scene.keyed("c"), scene.keyed("b"), held, scene.keyed("a")])
            let exists = KeyedOutcome.exists(
                held.append.executionID, fingerprint: [7], expiresAt: scene.now + .seconds(60))
            try expect("the outcomes", outcomes, is: [.created, exists, .created, .created])
        },
        Case("50 creations with one key at once make one execution") { scene in
            let outcomes = try await scene.atOnce(50) { _ in
                let creation = scene.keyed("k")
                return (creation.append.executionID, try await scene.store.create([creation])[0])
            }
            let winners = outcomes.filter { $0.1 == .created }.map(\.0)
            try expect("the winners", winners.count, is: 1)
            for case .exists(let holder, _, _) in outcomes.map(\.1) { try expect("the holder", holder, is: winners[0]) }
            try expect("the executions", try await scene.store.list(ExecutionQuery()).map(\.creation.id), is: winners)
        },
    ]
}

extension StoreScenario {
    /// A creation under a key that lasts a minute.
    fileprivate func keyed(
        _ key: String, fingerprint: [UInt8] = [1], flow: String = "flow", tenant: String? = nil,
        ownership: Ownership? = nil
    ) -> KeyedCreation {
        KeyedCreation(
            append: first(creation(flow: flow, tenant: tenant), ownership: ownership), key: key,
            fingerprint: fingerprint, ttl: .seconds(60))
    }
}
