// Many rows in one commit: each has an outcome of its own.

import Skein
import SkeinCore

extension StoreConformance {
    static let batches: [Case] = [
        Case("an empty batch is committed") { scene in
            try expect("the number of outcomes", try await scene.store.commit([], writer: 0).count, is: 0)
            try expect("the number of outcomes", try await scene.store.create([]).count, is: 0)
        },
        Case("of two rows for one place in a batch one is committed, the other fenced") { scene in
            let ids = try await scene.create(3)
            let first = scene.step(ids[1], at: 2)
            let outcomes = try await scene.outcomes([
                scene.step(ids[0], at: 2), first, scene.step(ids[2], at: 2), scene.end(ids[1], at: 2),
                scene.step(ids[1], at: 2),
            ])
            try expect("what was fenced", outcomes.map(\.isFenced), is: [false, false, false, true, true])
            let rows = try await scene.store.rows(of: ids[1], from: 2, limit: 10)
            try expect("the rows", rows.count, is: 1)
            try expect("the row's body", rows.first?.body, is: first.body)
            try expect(try await scene.record(ids[1]).nextAt != nil, "the fenced end has to leave the execution alive")
        },
        Case("a fenced row does not stop the rest of its batch") { scene in
            let ids = try await scene.create(5)
            try await scene.commit(scene.step(ids[2], at: 2))
            let outcomes = try await scene.outcomes(ids.map { scene.step($0, at: 2) })
            try expect("what was committed", outcomes.map(\.isCommitted), is: [true, true, false, true, true])
            try expect("what was fenced", outcomes.map(\.isFenced), is: [false, false, true, false, false])
            for id in ids { try expect("the end of a log", try await scene.expectGapless(id), is: 3) }
        },
        Case("a row that cannot be stored is refused alone") { scene in
            let ids = try await scene.create(3)
            let outcomes = try await scene.outcomes([
                scene.step(ids[0], at: 2), scene.step(ids[1], at: 2, count: 0), scene.step(ids[2], at: 2),
            ])
            try expect("what was committed", outcomes.map(\.isCommitted), is: [true, false, true])
            guard case .refused(let error) = outcomes[1] else {
                throw StoreViolation(
                    message: "a row without events has to be refused, the store says \(outcomes[1])", place: #fileID)
            }
            try expect("the error", error.code, is: .invalid)
            try await scene.commit(scene.step(ids[1], at: 2))
        },
        Case("one batch holds rows of every kind, in any order") { scene in
            let worker = try await scene.worker()
            let ids = try await scene.create(4)
            let claims = try await scene.claim(worker)
            try expect("the claims", claims.count, is: 4)
            let born = scene.creation()
            let fenced = try await scene.create()
            try await scene.commit(scene.step(fenced, at: 2))
            let generation = try await scene.send(ids[3])
            let consuming = scene.step(ids[3], at: 2).with(consumed: generation)
            let batch = [
                scene.end(ids[2], at: 2), scene.first(born), scene.park(ids[1], at: 2, due: scene.now + .seconds(60)),
                scene.end(fenced, at: 2), scene.step(ids[0], at: 2), consuming,
            ]
            let outcomes = try await scene.outcomes(batch)
            try expect("what was committed", outcomes.map(\.isCommitted), is: [true, true, true, false, true, true])
            try expect("when the ended one is due", try await scene.record(ids[2]).nextAt, is: nil)
            try expect(
                "when the parked one is due", try await scene.record(ids[1]).nextAt, is: scene.now + .seconds(60))
            try expect("the owner of the running one", try await scene.record(ids[0]).owner, is: worker)
            try expect("the inbox", try await scene.load(ids[3]).inbox, is: [])
            try expect("the created one's rows", try await scene.log(born.id).count, is: 1)
            try expect(try await scene.record(fenced).nextAt != nil, "the fenced end has to leave the execution alive")
        },
        Case("the order of a batch decides nothing, outcomes come in it") { scene in
            let ids = try await scene.create(60)
            for id in ids.prefix(20) { try await scene.commit(scene.step(id, at: 2)) }
            let taken = Set(ids.prefix(20))
            for batch in [ids.reversed(), ids.shuffled()] {
                let position: Int64 = try await scene.log(ids[59]).count == 1 ? 2 : 3
                let outcomes = try await scene.outcomes(
                    batch.map { scene.step($0, at: taken.contains($0) ? 2 : position) })
                for (id, outcome) in zip(batch, outcomes) {
                    try expect("whether a row was fenced", outcome.isFenced, is: taken.contains(id))
                }
            }
            for id in ids {
                try expect("the end of a log", try await scene.expectGapless(id), is: taken.contains(id) ? 3 : 4)
            }
        },
        Case("a batch of 1,000 rows is committed, and again when it is sent again") { scene in
            let rows = (0..<1_000).map { _ in scene.first(scene.creation()) }
            for _ in 1...2 {
                let outcomes = try await scene.outcomes(rows.shuffled())
                try expect("the rows that were committed", outcomes.filter(\.isCommitted).count, is: 1_000)
            }
            let steps = rows.enumerated().map { scene.step($1.executionID, at: $0 % 10 == 0 ? 1 : 2) }
            let outcomes = try await scene.outcomes(steps)
            try expect("the rows that were committed", outcomes.filter(\.isCommitted).count, is: 900)
            try expect("the rows that were fenced", outcomes.filter(\.isFenced).count, is: 100)
        },
        Case("a batch that is partly known is completed by sending it again") { scene in
            let ids = try await scene.create(10)
            let rows = ids.map { scene.step($0, at: 2) }
            _ = try await scene.outcomes(Array(rows.prefix(4)))
            try await scene.commit(scene.step(ids[9], at: 2))
            let outcomes = try await scene.outcomes(rows)
            try expect(
                "what was committed", outcomes.map(\.isCommitted), is: Array(repeating: true, count: 9) + [false])
            for id in ids { try expect("the end of a log", try await scene.expectGapless(id), is: 3) }
        },
    ]
}
