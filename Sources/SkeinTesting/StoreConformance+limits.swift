// Limits that all instances share.

import Skein
import SkeinCore

extension StoreConformance {
    static let limits: [Case] = [
        Case("a limit grants as many permits as it has, and the others wait in line") { scene in
            let held = try await scene.hold(3)
            try expect("the first", try await scene.ask(held[0], Limit(concurrency: 2)), is: .granted)
            try expect("the second", try await scene.ask(held[1], Limit(concurrency: 2)), is: .granted)
            try expect("the third", try await scene.ask(held[2], Limit(concurrency: 2)), is: .queued)
            try expect("the first again", try await scene.ask(held[0], Limit(concurrency: 2)), is: .granted)
            let limit = try await scene.store.limit(scene.limit)
            try expect("the holders", limit?.holders, is: [held[0].executionID, held[1].executionID])
            try expect("who waits", limit?.queued, is: 1)
            try expect("its place", try await scene.store.queuedPermits(of: held[2].executionID).map(\.ahead), is: [0])
        },
        Case("a permit ends with its execution, whoever ends it") { scene in
            let held = try await scene.hold(3)
            let one = Limit(concurrency: 1)
            _ = try await scene.ask(held[0], one)
            _ = try await scene.ask(held[1], one)
            _ = try await scene.ask(held[2], one)
            try await scene.letGo(held[1])
            try await scene.letGo(held[2])
            try expect("nobody is let in yet", try await scene.store.admit([scene.limit]).woken, is: [])
            try await scene.commit(scene.end(held[0].executionID, at: 2))
            try expect("who is let in", try await scene.store.admit([scene.limit]).woken, is: [held[1].executionID])
            _ = try await scene.store.cancel(
                held[1].executionID, operationID: scene.operationID(), at: scene.now,
                body: scene.end(held[1].executionID, at: 2).body)
            try expect("who is next", try await scene.store.admit([scene.limit]).woken, is: [held[2].executionID])
        },
        Case("who is let in while its owner lets go of it is due at once") { scene in
            let held = try await scene.hold(2)
            let one = Limit(concurrency: 1)
            _ = try await scene.ask(held[0], one)
            try expect("the second", try await scene.ask(held[1], one), is: .queued)
            try await scene.commit(scene.end(held[0].executionID, at: 2))
            _ = try await scene.store.admit([scene.limit])
            let woken = try await scene.store.repark(
                held[1], due: .distantFuture, seenGeneration: 0, needs: StoreScenario.needs)
            try expect("something has come", woken, is: true)
        },
        Case("an attempt's permit counts only under the claim that holds it") { scene in
            let held = try await scene.hold(2)
            let one = Limit(concurrency: 1)
            try expect("the first", try await scene.ask(held[0], one, step: "a"), is: .granted)
            try expect("the second", try await scene.ask(held[1], one, step: "a"), is: .queued)
            scene.advance(StoreScenario.lease + .seconds(1))
            // Somebody else takes both over.
            let next = try await scene.takeOver(held.map(\.executionID))
            let second = try require(next.first { $0.executionID == held[1].executionID }, "the second has to be there")
            try expect("the second", try await scene.ask(second, one, step: "a"), is: .granted)
            try expect("the old owner", try await scene.ask(held[0], one, step: "a"), is: .lost)
        },
        Case("an owner that took an execution over has its permit") { scene in
            let held = try await scene.hold(1)
            let one = Limit(concurrency: 1)
            _ = try await scene.ask(held[0], one, step: "a")
            scene.advance(StoreScenario.lease + .seconds(1))
            let next = try await scene.takeOver([held[0].executionID])
            let again = try require(next.first, "the claim has to be there")
            try expect("the permit", try await scene.ask(again, one, step: "a"), is: .granted)
            try expect("the holders", try await scene.store.limit(scene.limit)?.held, is: 1)
        },
        Case("a permit that was given back is the next one's") { scene in
            let held = try await scene.hold(2)
            let one = Limit(concurrency: 1)
            _ = try await scene.ask(held[0], one, step: "a")
            _ = try await scene.ask(held[1], one, step: "a")
            try await scene.store.releasePermits(held[0], [(scene.limit, "a")])
            try expect("who is let in", try await scene.store.admit([scene.limit]).woken, is: [held[1].executionID])
        },
        Case("a rate lets in no more than its count in any span of its length") { scene in
            let held = try await scene.hold(4)
            let limit = Limit(rate: .init(2, per: .seconds(2)))
            try expect("at once", try await scene.ask(held[0], limit), is: .granted)
            let first = scene.now
            scene.advance(.seconds(1))
            try expect("a second later", try await scene.ask(held[1], limit), is: .granted)
            try expect("the third", try await scene.ask(held[2], limit), is: .queued)
            try expect("the fourth", try await scene.ask(held[3], limit), is: .queued)
            for one in held[2...] { try await scene.letGo(one) }
            let early = try await scene.store.admit([scene.limit])
            try expect("too early", early, is: Admission(next: first + .seconds(2)))
            scene.advance(first + .seconds(2) - scene.now)
            try expect("who is let in", try await scene.store.admit([scene.limit]).woken, is: [held[2].executionID])
            scene.advance(.seconds(2))
            try expect("who is next", try await scene.store.admit([scene.limit]).woken, is: [held[3].executionID])
        },
        Case("who waits is let in by priority, then by how long it has waited") { scene in
            let one = Limit(concurrency: 1)
            let first = try await scene.hold(1)[0]
            _ = try await scene.ask(first, one)
            var waiting: [HeldClaim] = []
            for priority in [0, 5, 0, 5] as [Int16] {
                let held = try await scene.hold(scene.creation(priority: priority))
                scene.advance(.milliseconds(1))
                _ = try await scene.ask(held, one, priority: priority)
                try await scene.letGo(held)
                waiting.append(held)
            }
            var order: [ExecutionID] = []
            var last = first.executionID
            for _ in waiting {
                try await scene.commit(scene.end(last, at: 2))
                let woken = try await scene.store.admit([scene.limit]).woken
                last = try require(woken.first, "who is let in has to be there")
                order.append(last)
            }
            try expect("the order", order, is: [1, 3, 0, 2].map { waiting[$0].executionID })
        },
        Case("tenants are let in in turn, however many of one wait") { scene in
            let one = Limit(concurrency: 1)
            let first = try await scene.hold(1)[0]
            _ = try await scene.ask(first, one)
            var tenants: [ExecutionID: String] = [:]
            for tenant in ["loud", "loud", "loud", "loud", "quiet", "quiet"] {
                let held = try await scene.hold(scene.creation(tenant: tenant))
                scene.advance(.milliseconds(1))
                _ = try await scene.ask(held, one, tenant: tenant)
                try await scene.letGo(held)
                tenants[held.executionID] = tenant
            }
            var order: [String] = []
            var last = first.executionID
            for _ in tenants {
                try await scene.commit(scene.end(last, at: 2))
                last = try require(
                    try await scene.store.admit([scene.limit]).woken.first, "who is let in has to be there")
                order.append(tenants[last] ?? "")
            }
            try expect("the order", order, is: ["loud", "quiet", "loud", "quiet", "loud", "loud"])
        },
        Case("a closed limit lets nobody on, and opens at its time") { scene in
            let held = try await scene.hold(2)
            let many = Limit(concurrency: 10)
            try expect("before", try await scene.ask(held[0], many), is: .granted)
            let until = scene.now + .seconds(60)
            try await scene.store.close(scene.limit, .init(until: until, reason: "429"), isFinal: false)
            try expect("what is closed", try await scene.store.closedLimits()[scene.limit]?.reason, is: "429")
            try expect("who has a permit", try await scene.ask(held[0], many), is: .queued)
            try expect("who has none", try await scene.ask(held[1], many), is: .queued)
            for one in held { try await scene.letGo(one) }
            try expect("too early", try await scene.store.admit([scene.limit]), is: Admission(next: until))
            try await scene.store.close(
                scene.limit, .init(until: scene.now + .seconds(1), reason: "earlier"), isFinal: false)
            scene.advance(.seconds(2))
            try expect("an earlier end", try await scene.store.admit([scene.limit]).woken, is: [])
            scene.advance(.seconds(60))
            let woken = try await scene.store.admit([scene.limit]).woken
            try expect("who is let in", Set(woken), is: Set(held.map(\.executionID)))
            try expect("what is closed", try await scene.store.closedLimits(), is: [:])
        },
        Case("a closed limit is opened before its time") { scene in
            let held = try await scene.hold(1)
            try await scene.store.close(scene.limit, .init(until: .distantFuture), isFinal: true)
            try expect("asked", try await scene.ask(held[0], Limit()), is: .queued)
            try await scene.letGo(held[0])
            try expect("closed for ever", try await scene.store.admit([scene.limit]), is: Admission())
            try expect("it was closed", try await scene.store.open(scene.limit), is: true)
            try expect("it was not", try await scene.store.open(scene.limit), is: false)
            try expect("who waits", try await scene.store.queuedLimits(after: nil, limit: 10), is: [scene.limit])
            try expect("who is let in", try await scene.store.admit([scene.limit]).woken, is: [held[0].executionID])
            try expect("who waits now", try await scene.store.queuedLimits(after: nil, limit: 10), is: [])
        },
        Case("a heartbeat says that limits were closed or opened") { scene in
            let worker = try await scene.worker()
            let before = try await scene.store.heartbeat(worker)
            try expect("nothing happened", try await scene.store.heartbeat(worker), is: before)
            try await scene.store.close(scene.limit, .init(until: .distantFuture), isFinal: true)
            let closed = try await scene.store.heartbeat(worker)
            try expect("a closing is seen", closed != before, is: true)
            _ = try await scene.store.open(scene.limit)
            try expect("an opening is seen", try await scene.store.heartbeat(worker) != closed, is: true)
        },
        Case("paused executions and ended ones hold nobody up") { scene in
            let held = try await scene.hold(4)
            let one = Limit(concurrency: 1)
            for claim in held { _ = try await scene.ask(claim, one) }
            try await scene.letGo(held[3])
            let id = held[1].executionID
            try await scene.commit(
                scene.step(id, at: 2, kind: .pause, effect: .park(due: .distantFuture, seenGeneration: 0, needs: "")))
            try await scene.commit(scene.end(held[2].executionID, at: 2))
            try await scene.commit(scene.end(held[0].executionID, at: 2))
            try expect("who is let in", try await scene.store.admit([scene.limit]).woken, is: [held[3].executionID])
        },
    ]
}

extension StoreScenario {
    /// The limit of these cases.
    fileprivate var limit: LimitName { .flow("flow") }

    /// Makes executions and claims them, by one worker.
    fileprivate func hold(_ count: Int) async throws -> [HeldClaim] {
        var held: [HeldClaim] = []
        for _ in 0..<count { held.append(try await hold(creation())) }
        return held
    }

    fileprivate func hold(_ creation: ExecutionCreation) async throws -> HeldClaim {
        let ownership = ownership(try await worker())
        try await create(creation, ownership: ownership)
        return HeldClaim(creation.id, ownership.claimID)
    }

    fileprivate func takeOver(_ ids: [ExecutionID]) async throws -> [HeldClaim] {
        let ownership = ownership(try await worker())
        return try await store.claim(ids, for: ownership, reach: .due).map {
            HeldClaim($0.executionID, ownership.claimID)
        }
    }

    fileprivate func letGo(_ held: HeldClaim) async throws {
        _ = try await store.repark(held, due: .distantFuture, seenGeneration: 0, needs: Self.needs)
    }

    fileprivate func ask(
        _ held: HeldClaim, _ limit: Limit, step: StepID? = nil, tenant: String? = nil, priority: Int16 = 0
    ) async throws -> PermitAnswer {
        // Nobody came at the same time.
        advance(.milliseconds(1))
        let request = PermitRequest(
            held: held, name: self.limit, limit: limit, scope: step.map { .attempt($0) } ?? .execution,
            tenantID: tenant, priority: priority, since: now)
        return try await store.acquire(request).answer
    }
}
