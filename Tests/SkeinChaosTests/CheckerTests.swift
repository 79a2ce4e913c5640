import SkeinCore
import Testing

@testable import SkeinChaos

/// The oracle itself: each invariant is shown a history that breaks it, and must say so.
@Suite("The checker names what is wrong")
struct CheckerTests {
    @Test("a history that is well is not blamed")
    func well() {
        let history = BadHistory.history()
        for verdict in [LogIsGapless.judge(history), OnlyTheOwnerWrites.judge(history), CancelWins.judge(history)] {
            #expect(!verdict.isViolated, "\(verdict.text)")
        }
    }

    @Test(
        "I1: an acknowledged creation that is not there; a signal; a cancel that changed nothing; a refusal that was none"
    )
    func acknowledged() {
        var history = BadHistory.history()
        history.client = [["op": "create", "result": "ok", "id": "nobody", "marker": 1]]
        #expect(AcknowledgedIsThere.judge(history).isViolated)
        history.client = [
            ["op": "signal", "result": "ok", "execution": .string(BadHistory.id), "name": "go", "payload": 5]
        ]
        #expect(AcknowledgedIsThere.judge(history).isViolated)
        history.inbox = [["id": .string(BadHistory.id), "name": "go", "payload": "5", "kind": 1, "gen": 1]]
        #expect(!AcknowledgedIsThere.judge(history).isViolated)
        history = BadHistory.history(Array(BadHistory.rows().prefix(2)), ended: false)
        history.client = [["op": "cancel", "result": "ok", "execution": .string(BadHistory.id)]]
        #expect(AcknowledgedIsThere.judge(history).isViolated)
        let creation: JSONValue = ["t": "execution.created", "c": ["context": ["marker": 7]]]
        history = BadHistory.history([BadHistory.row(1, 1, [creation])], ended: false)
        history.client = [["op": "create", "result": "fail", "status": 422, "marker": 7]]
        #expect(AcknowledgedIsThere.judge(history).isViolated)
    }

    @Test("I2: a log that cannot be read means nothing")
    func meaning() {
        var history = BadHistory.history()
        history.run = ["loadSeed": 1, "families": 1]
        #expect(LogMeansState.judge(history).isViolated)
    }

    @Test("I2: a row that says something else than the log, a step that cannot have happened twice")
    func reducer() {
        func judge(_ rows: [JSONValue], status: Int64 = 10) -> Bool {
            var history = BadHistory.history(rows)
            history.run = ["loadSeed": 1, "families": 1]
            history.executions[BadHistory.id] = ["flow": "brief", "status": .int(status)]
            history.outcomes = [["id": .string(BadHistory.id), "status": .int(status)]]
            return LogMeansState.judge(history).isViolated
        }
        #expect(!judge(BadHistory.real()))
        #expect(judge(BadHistory.real(), status: 11))
        #expect(judge(BadHistory.real(twice: true)))
    }

    @Test("I5: two results of one step, a result that no handler was started for")
    func results() {
        func judge(_ rows: [JSONValue], attempt: Int64 = 1) -> Bool {
            var history = BadHistory.history(rows)
            history.ledger = [BadHistory.start("s0", attempt: attempt, fence: 2, token: "a")]
            return OneResultPerStep.judge(history).isViolated
        }
        #expect(!judge(BadHistory.real()))
        #expect(judge(BadHistory.real(twice: true)))
        #expect(judge(BadHistory.real(), attempt: 2))
    }

    @Test("I3: a gap, an overlap, two ends, something after the end, an end that is still looked at")
    func gaps() {
        var rows = BadHistory.rows()
        rows[2] = BadHistory.row(5, 4, [BadHistory.event("execution.completed")])
        #expect(LogIsGapless.judge(BadHistory.history(rows)).isViolated)
        rows[2] = BadHistory.row(3, 4, [BadHistory.event("execution.completed")])
        #expect(LogIsGapless.judge(BadHistory.history(rows)).isViolated)
        rows = BadHistory.rows() + [BadHistory.row(5, 4, [BadHistory.event("execution.failed")])]
        #expect(LogIsGapless.judge(BadHistory.history(rows)).isViolated)
        rows = BadHistory.rows() + [BadHistory.row(5, 2, [BadHistory.event("step.started", "s1")])]
        #expect(LogIsGapless.judge(BadHistory.history(rows, ended: false)).isViolated)
        #expect(LogIsGapless.judge(BadHistory.history(ended: false)).isViolated)
        #expect(LogIsGapless.judge(BadHistory.history(Array(BadHistory.rows().prefix(2)))).isViolated)
    }

    @Test("I4: somebody else's row without a take-over; after a park or with one it is well")
    func owners() {
        var rows = BadHistory.rows()
        rows[2] = BadHistory.row(4, 4, [BadHistory.event("execution.completed")], by: BadHistory.other)
        #expect(OnlyTheOwnerWrites.judge(BadHistory.history(rows)).isViolated)
        rows[1] = BadHistory.row(
            2, 3, [BadHistory.event("execution.started"), BadHistory.event("execution.waiting", "s0")])
        #expect(!OnlyTheOwnerWrites.judge(BadHistory.history(rows)).isViolated)
        rows = BadHistory.rows()
        rows[2] = BadHistory.row(4, 5, [BadHistory.event("execution.recovered")], by: BadHistory.other)
        rows.append(BadHistory.row(5, 4, [BadHistory.event("execution.completed")], by: BadHistory.other))
        #expect(!OnlyTheOwnerWrites.judge(BadHistory.history(rows)).isViolated)
        rows[3] = BadHistory.row(5, 4, [BadHistory.event("execution.completed")])
        #expect(OnlyTheOwnerWrites.judge(BadHistory.history(rows)).isViolated, "the old owner is back")
    }

    @Test(
        "I6: one token for two steps, two for one, one fence twice, attempts that fall, an effect from behind the fence"
    )
    func tokens() {
        func judge(_ lines: [JSONValue]) -> Bool {
            var history = History()
            history.ledger = lines
            return TokensFence.judge(history).isViolated
        }
        let first = BadHistory.start("s0", attempt: 1, fence: 2, token: "a")
        #expect(!judge([first, BadHistory.start("s0", attempt: 2, fence: 4, token: "a")]))
        #expect(judge([first, BadHistory.start("s1", attempt: 1, fence: 3, token: "a")]))
        #expect(judge([first, BadHistory.start("s0", attempt: 2, fence: 3, token: "b")]))
        #expect(judge([first, BadHistory.start("s0", attempt: 2, fence: 2, token: "a")]))
        #expect(
            judge([
                BadHistory.start("s0", attempt: 2, fence: 2, token: "a"),
                BadHistory.start("s0", attempt: 1, fence: 3, token: "a"),
            ]))
        var history = History()
        history.resource = [
            ["key": "k", "token": "a", "fence": 5, "answer": "done"],
            ["key": "k", "token": "b", "fence": 4, "answer": "done"],
        ]
        #expect(TokensFence.judge(history).isViolated)
    }

    @Test("I7: a row that is long due, and one that was late on the way")
    func wakes() {
        var history = BadHistory.history(Array(BadHistory.rows().prefix(2)), ended: false)
        #expect(!NoLostWake.judge(history).isViolated)
        history.ready = [["id": .string(BadHistory.id), "next": 1_000_000, "paused": false]]
        #expect(NoLostWake.judge(history).isViolated)
        history.ready = []
        history.run = ["leaseMs": 1_000, "sweepMs": 1_000, "worstOverdueMs": 6_001]
        #expect(NoLostWake.judge(history).isViolated)
    }

    @Test("I9: two answers to one key, two payloads that were both taken, a refusal that is no 422")
    func keys() {
        func judge(_ lines: [JSONValue], holder: String = "a") -> Bool {
            var history = History()
            history.client = lines
            history.keys = [["flow": "f", "key": "k", "id": .string(holder)]]
            return OneExecutionPerKey.judge(history).isViolated
        }
        func answer(_ id: String, _ marker: Int64 = 1) -> JSONValue {
            ["op": "create", "result": "ok", "flow": "f", "key": "k", "id": .string(id), "marker": .int(marker)]
        }
        #expect(!judge([answer("a"), answer("a")]))
        #expect(judge([answer("a"), answer("b")]))
        #expect(judge([answer("a"), answer("a", 2)]))
        #expect(judge([answer("a")], holder: "b"))
        var history = History()
        for id in ["1", "2"] {
            for row in BadHistory.real() {
                var row = row.object ?? [:]
                row["id"] = .string("01900000-0000-7000-8000-00000000000" + id)
                history.add(.object(row))
            }
        }
        #expect(OneExecutionPerKey.judge(history).isViolated, "two executions of one key, whatever was answered")
        #expect(judge([["op": "create", "result": "fail", "status": 400, "flow": "f", "key": "k"]]))
    }

    @Test("I10: signals out of order, twice, passed over, or consumed on one side only")
    func signals() {
        func judge(_ items: [(gen: Int64, payload: String, consumed: Int64?)], events: Int) -> Bool {
            var history = History()
            for item in items {
                var line: JSONObject = [
                    "id": .string(BadHistory.id), "kind": 1, "name": "go", "gen": .int(item.gen),
                    "payload": .string(item.payload),
                ]
                line["consumed"] = item.consumed.map { .int($0) }
                history.inbox.append(.object(line))
            }
            for index in 0..<events {
                history.add(BadHistory.row(Int64(index + 1), 2, [BadHistory.event("signal.consumed")]))
            }
            return SignalsInOrder.judge(history).isViolated
        }
        #expect(!judge([(1, "1", 1), (2, "2", 2), (3, "3", nil)], events: 2))
        #expect(judge([(1, "1", 2), (2, "2", 1)], events: 2))
        #expect(judge([(1, "1", 1), (2, "1", 2)], events: 2))
        #expect(judge([(1, "1", nil), (2, "2", 1)], events: 1))
        #expect(judge([(1, "1", 1)], events: 2))
        #expect(judge([(1, "1", 1), (2, "2", 1)], events: 2))
    }

    @Test("I12: a step after the cancel, in the log or in a handler's own words")
    func cancel() {
        let rows = [
            BadHistory.row(1, 1, [BadHistory.event("execution.created")]),
            BadHistory.row(2, 6, [BadHistory.event("execution.cancelled")]),
        ]
        var history = BadHistory.history(rows)
        #expect(!CancelWins.judge(history).isViolated)
        history.ledger = [BadHistory.start("s0", attempt: 1, fence: 3, token: "a")]
        #expect(CancelWins.judge(history).isViolated)
        history = BadHistory.history(rows + [BadHistory.row(3, 2, [BadHistory.event("step.completed", "s0")])])
        #expect(CancelWins.judge(history).isViolated)
    }

    @Test("I13: a gap, a repetition, an event that the log does not have")
    func streams() {
        func judge(_ numbers: [Int64]) -> Bool {
            var history = BadHistory.history()
            history.streams = numbers.map { ["execution": .string(BadHistory.id), "subscriber": 1, "seq": .int($0)] }
            return StreamsAreWhole.judge(history).isViolated
        }
        #expect(!judge([1, 2, 3, 4]))
        #expect(judge([1, 3]))
        #expect(judge([1, 2, 2]))
        #expect(judge([2, 3]))
        #expect(judge([1, 2, 3, 4, 5]))
    }

    @Test("I14: a pill that goes on killing")
    func pill() {
        var history = BadHistory.history(Array(BadHistory.rows().prefix(2)))
        history.executions[BadHistory.id] = ["flow": "pill"]
        #expect(PoisonIsSetAside.judge(history).isViolated)
    }

    @Test("I15: something that has not ended, took too long, or was left behind")
    func ends() {
        #expect(EverythingEnds.judge(BadHistory.history(ended: false)).isViolated)
        var history = BadHistory.history()
        #expect(!EverythingEnds.judge(history).isViolated)
        history.left = ["fanin": 1]
        #expect(EverythingEnds.judge(history).isViolated)
        history = BadHistory.history()
        history.run = ["leaseMs": 1_000, "sweepMs": 1_000, "quiescentAfterMs": 6_001]
        #expect(EverythingEnds.judge(history).isViolated)
    }

    @Test("what the product does not have yet is never green")
    func silence() {
        let findings = [
            EachTickOnce.judge(History()), WebhooksDelivered.judge(History()), TenantsApart.judge(History()),
        ]
        for verdict in findings {
            guard case .notCovered = verdict.finding else {
                Issue.record("\(verdict.text)")
                continue
            }
        }
        #expect(Checker.judge(History()).count == 18)
    }

    @Test("I17: a row without a hash, one that was changed, one that was taken out")
    func hashes() {
        let rows = BadHistory.hashed()
        #expect(!LogIsEvidence.judge(BadHistory.history(rows)).isViolated)
        #expect(LogIsEvidence.judge(BadHistory.history(BadHistory.rows())).isViolated)
        for place in rows.indices {
            var changed = rows
            changed[place] = BadHistory.with(rows[place], "body", .string((rows[place].body.string ?? "") + " "))
            #expect(LogIsEvidence.judge(BadHistory.history(changed)).isViolated)
            changed = rows
            changed[place] = BadHistory.with(rows[place], "kind", 7)
            #expect(LogIsEvidence.judge(BadHistory.history(changed)).isViolated)
        }
        var fewer = rows
        fewer.remove(at: 1)
        #expect(LogIsEvidence.judge(BadHistory.history(fewer)).isViolated)
    }

    @Test("I18: an end that was not counted, one that was counted twice, one that has yet to be, an attempt too few")
    func counts() {
        var history = BadHistory.history()
        let end: JSONValue = ["flow": "brief", "code": 10, "n": 1]
        let attempt: JSONValue = ["flow": "brief", "step": "s0", "code": 1, "n": 1]
        history.counts = [end, attempt]
        #expect(!ReportsCountOnce.judge(history).isViolated)
        history.counts = [BadHistory.with(end, "n", 2), attempt]
        #expect(ReportsCountOnce.judge(history).isViolated)
        history.counts = [end]
        #expect(ReportsCountOnce.judge(history).isViolated)
        history.counts = []
        #expect(ReportsCountOnce.judge(history).isViolated)
        history.uncounted = [["id": .string(BadHistory.id), "seq": 4]]
        #expect(!ReportsCountOnce.judge(history).isViolated)
        history.counts = [end, attempt]
        #expect(ReportsCountOnce.judge(history).isViolated)
    }
}
