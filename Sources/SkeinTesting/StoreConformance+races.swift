// Many at once: each thing happens to one of them.

import Skein
import SkeinCore

extension StoreConformance {
    static let races: [Case] = [
        Case("claims at once give each execution to one worker") { scene in
            let ids = try await scene.create(400)
            var workers: [WorkerID] = []
            for _ in 0..<8 { workers.append(try await scene.worker()) }
            let crew = workers
            let claimed = try await scene.atOnce(16) { index in
                var mine: [ExecutionID] = []
                for _ in 0..<30 { mine += try await scene.claim(crew[index % 8], limit: 7).map(\.executionID) }
                return mine
            }.flatMap(\.self)
            // A claim may pass over what another one is just looking at, so the last ones may be left.
            let rest = try await scene.claim(crew[0]).map(\.executionID)
            try expect("the number of claims", claimed.count + rest.count, is: 400)
            try expect("what was claimed", Set(claimed + rest), is: Set(ids))
        },
        Case("claims by id at once give an execution to one") { scene in
            let ids = try await scene.create(20)
            let worker = try await scene.worker()
            let claimed = try await scene.atOnce(16) { _ in
                try await scene.store.claim(ids, for: scene.ownership(worker), reach: .any).map(\.executionID)
            }.flatMap(\.self)
            try expect("the number of claims", claimed.count, is: 20)
            try expect("what was claimed", Set(claimed), is: Set(ids))
        },
        Case("rows at one position at once: one is committed") { scene in
            let id = try await scene.create()
            for position: Int64 in 2...11 {
                let rows = (0..<8).map { _ in scene.step(id, at: position) }
                let committed = try await scene.atOnce(8) {
                    try await scene.outcome(rows[$0]).isCommitted ? rows[$0].body : nil
                }
                try expect("the rows that were committed", committed.compactMap(\.self).count, is: 1)
            }
            try expect("the end of the log", try await scene.expectGapless(id), is: 12)
        },
        Case("batches at once that share executions leave every log gapless and every row once") { scene in
            let ids = try await scene.create(30)
            let committed = try await scene.atOnce(6) { index in
                var ends = Dictionary(uniqueKeysWithValues: ids.map { ($0, Int64(2)) })
                var committed = 0
                for _ in 0..<10 {
                    let count = Int16(index % 3 + 1)
                    let batch = ids.shuffled().map { scene.step($0, at: ends[$0] ?? 2, count: count) }
                    for (row, outcome) in zip(batch, try await scene.outcomes(batch)) {
                        if outcome.isCommitted {
                            committed += 1
                            ends[row.executionID] = row.position + Int64(count)
                        } else {
                            ends[row.executionID] = try await scene.expectGapless(row.executionID)
                        }
                    }
                }
                return committed
            }.reduce(0, +)
            var rows = 0
            for id in ids {
                try await scene.expectGapless(id)
                rows += try await scene.log(id).count - 1
            }
            try expect("the rows in the logs", rows, is: committed)
        },
        Case("signals at once are numbered without a gap") { scene in
            let id = try await scene.create()
            let generations = try await scene.atOnce(60) { _ in try await scene.send(id) }
            try expect("the generations", generations.sorted(), is: Array(1...60))
            try expect("the inbox", try await scene.load(id).inbox.map(\.generation), is: Array(1...60))
        },
        Case("one operation sent at once is accepted once") { scene in
            let id = try await scene.create()
            let operation = scene.operationID()
            let outcomes = try await scene.atOnce(20) { _ in
                try await scene.store.send(scene.message(id, operation: operation))
            }
            try expect("the outcomes", Set(outcomes), is: [.accepted(generation: 1)])
            try expect("the inbox", try await scene.load(id).inbox.count, is: 1)
        },
        Case("no signal is lost between an owner's look and its park") { scene in
            let worker = try await scene.worker()
            let ids = try await scene.create(40)
            let claims = try await scene.claim(worker)
            try expect("the claims", claims.count, is: 40)
            _ = try await scene.atOnce(80) { index in
                let id = ids[index / 2]
                if index % 2 == 0 { try await scene.send(id) } else { try await scene.commit(scene.park(id, at: 2)) }
            }
            try expect("what is due", Set(try await scene.claim(worker).map(\.executionID)), is: Set(ids))
        },
        Case("a cancel and an append at once: the log has one row at the position, and the cancel comes last") {
            scene in
            for _ in 0..<20 {
                let id = try await scene.create()
                let operation = scene.operationID()
                let body = scene.cancelBody()
                let committed = try await scene.atOnce(2) { index in
                    if index == 0 { return try await scene.outcome(scene.step(id, at: 2)).isCommitted }
                    let outcome = try await scene.store.cancel(id, operationID: operation, at: scene.now, body: body)
                    guard case .cancelled = outcome else {
                        throw StoreViolation(message: "the cancel says \(outcome)", place: #fileID)
                    }
                    return true
                }
                let kinds = try await scene.log(id).map(\.kind)
                try expect(
                    "the log", kinds, is: committed.contains(false) ? [.created, .cancel] : [.created, .step, .cancel])
                try await scene.expectGapless(id)
            }
        },
        Case("a cancel and an end at once: one of them ends the execution") { scene in
            for _ in 0..<20 {
                let id = try await scene.create()
                let operation = scene.operationID()
                let body = scene.cancelBody()
                let won = try await scene.atOnce(2) { index in
                    if index == 0 { return try await scene.outcome(scene.end(id, at: 2)).isCommitted }
                    return try await scene.store.cancel(id, operationID: operation, at: scene.now, body: body)
                        == .cancelled(position: 2)
                }
                try expect("the winners", won.filter(\.self).count, is: 1)
                try expect("the rows", try await scene.log(id).count, is: 2)
                try expect("when it is due", try await scene.record(id).nextAt, is: nil)
            }
        },
        Case("fences at once have tokens of their own") { scene in
            let tokens = try await scene.atOnce(20) {
                try await scene.store.fence("name", holder: "h\($0)", ttl: .seconds(10))
            }
            try expect("the holders", tokens.compactMap(\.self).count, is: 1)
            let mine = try await scene.atOnce(20) { _ in
                try await scene.store.fence("mine", holder: "me", ttl: .seconds(10))
            }
            try expect("the tokens", Set(mine.compactMap(\.self)).count, is: 20)
        },
    ]
}
