// Resume tokens: made once, used once, by whoever comes first.

import Skein
import SkeinCore

extension StoreConformance {
    static let tokens: [Case] = [
        Case("a token that is redeemed is in the inbox of its execution, and is used") { scene in
            let worker = try await scene.worker()
            let id = try await scene.create()
            let token = try await scene.token(id, metadata: ["for": "ann", "n": 2.5])
            try await scene.commit(scene.park(id, at: 2, due: scene.now + .seconds(60)))
            scene.advance(.seconds(1))
            let redeemed = try await scene.redeem(token, data: ["ok": true])
            guard case .accepted(let record) = redeemed else {
                throw StoreViolation(message: "a token has to be accepted: \(redeemed)", place: "\(#fileID):\(#line)")
            }
            try expect("its execution", record.executionID, is: id)
            try expect("its target", record.target, is: token.target)
            try expect("its status", record.status, is: .used)
            try expect("when it was used", record.closedAt, is: scene.now)
            try expect("its metadata", record.metadata, is: ["for": "ann", "n": 2.5])
            let inbox = try await scene.load(id).inbox
            try expect("the kinds", inbox.map(\.kind), is: [.token])
            try expect("the name", inbox.first?.name, is: TokenUse.name(token.id, token.target))
            try expect("the payload", inbox.first?.payload, is: ["ok": true])
            try expect("who was woken", try await scene.claim(worker).map(\.executionID), is: [id])
        },
        Case("a token is redeemed once, and the same operation finds it accepted again") { scene in
            let id = try await scene.create()
            let token = try await scene.token(id)
            let operation = scene.operationID()
            for _ in 1...2 {
                guard case .accepted = try await scene.redeem(token, operation: operation) else {
                    throw StoreViolation(message: "an operation is answered again", place: "\(#fileID):\(#line)")
                }
            }
            try expect("another redemption", try await scene.redeem(token), is: .used)
            try expect("the inbox", try await scene.load(id).inbox.count, is: 1)
        },
        Case("of two hundred who redeem a token at once one is accepted") { scene in
            let id = try await scene.create()
            let token = try await scene.token(id)
            let outcomes = try await scene.atOnce(200) { try await scene.redeem(token, data: .int(Int64($0))) }
            let accepted = outcomes.count { if case .accepted = $0 { true } else { false } }
            try expect("how many were accepted", accepted, is: 1)
            try expect("how many came late", outcomes.count { $0 == .used }, is: 199)
            try expect("the inbox", try await scene.load(id).inbox.count, is: 1)
        },
        Case("a token that is unknown, expired or revoked says so and does nothing") { scene in
            let id = try await scene.create()
            let unknown = scene.newToken(id)
            try expect("an unknown one", try await scene.redeem(unknown), is: .unknown)
            let expired = try await scene.token(id, lasts: .seconds(1))
            let revoked = try await scene.token(id)
            guard case .revoked = try await scene.revoke(revoked) else {
                throw StoreViolation(message: "an active token can be revoked", place: "\(#fileID):\(#line)")
            }
            scene.advance(.seconds(1))
            try expect("an expired one", try await scene.redeem(expired), is: .expired)
            try expect("a revoked one", try await scene.redeem(revoked), is: .revoked)
            let listed = try await scene.store.tokens(of: id, limit: 10)
            try expect("the list", Set(listed.map(\.status)), is: [.expired, .revoked])
            try expect("the inbox", try await scene.load(id).inbox.map(\.kind), is: [.note])
            try expect("no token", try await scene.store.token(unknown.id), is: nil)
        },
        Case("tokens are listed in the order of their creation, up to a limit") { scene in
            let id = try await scene.create()
            var made: [TokenID] = []
            for _ in 0..<3 {
                made.append(try await scene.token(id).id)
                scene.advance(.milliseconds(1))
            }
            _ = try await scene.token(try await scene.create())
            try expect("the list", try await scene.store.tokens(of: id, limit: 10).map(\.id), is: made)
            try expect("a part", try await scene.store.tokens(of: id, limit: 2).map(\.id), is: Array(made.prefix(2)))
            try expect("of nobody", try await scene.store.tokens(of: scene.executionID(), limit: 10), is: [])
        },
        Case("a token is made once, for an execution that lives, which is told when there is a note") { scene in
            let id = try await scene.create()
            let token = scene.newToken(id)
            let note = scene.message(id, name: "token", payload: ["token": "created"], kind: .note)
            for _ in 1...2 {
                try expect("it is made", try await scene.store.createToken(token, note: note), is: true)
            }
            try expect("the inbox", try await scene.load(id).inbox.map(\.kind), is: [.note])
            try expect("the list", try await scene.store.tokens(of: id, limit: 10).count, is: 1)
            try await scene.commit(scene.end(id, at: 2))
            let late = try await scene.store.createToken(scene.newToken(id), note: nil)
            try expect("one for an ended execution", late, is: false)
            let none = try await scene.store.createToken(scene.newToken(scene.executionID()), note: nil)
            try expect("one for nobody", none, is: false)
        },
        Case("a used token cannot be revoked, and what is revoked stays so") { scene in
            let id = try await scene.create()
            let used = try await scene.token(id)
            _ = try await scene.redeem(used)
            try expect("the used one", try await scene.revoke(used), is: .used)
            try expect("an unknown one", try await scene.revoke(scene.newToken(id)), is: .unknown)
            let other = try await scene.token(id)
            _ = try await scene.revoke(other)
            let before = try await scene.store.token(other.id)
            scene.advance(.seconds(5))
            guard case .revoked(let again) = try await scene.revoke(other) else {
                throw StoreViolation(message: "a revoked token is revoked", place: "\(#fileID):\(#line)")
            }
            try expect("when it was revoked", again.closedAt, is: before?.closedAt)
            try expect("the inbox", try await scene.load(id).inbox.map(\.kind), is: [.token, .note])
        },
        Case("an ended execution has no active token, and a reopened one none of before") { scene in
            let id = try await scene.create()
            let token = try await scene.token(id)
            try await scene.commit(scene.end(id, at: 2))
            try expect("a late redemption", try await scene.redeem(token), is: .revoked)
            try expect("the status", try await scene.store.token(token.id)?.status, is: .revoked)
            let reopened = scene.step(id, at: 3, kind: .reopened, effect: .reopen(needs: StoreScenario.needs))
            try await scene.commit(reopened.with(closedTokens: [.all]))
            try expect("after it was reopened", try await scene.redeem(token), is: .revoked)
        },
        Case("a cancel says how many active tokens it made useless") { scene in
            let id = try await scene.create()
            let used = try await scene.token(id)
            _ = try await scene.redeem(used)
            let active = [try await scene.token(id), try await scene.token(id)]
            let outcome = try await scene.store.cancel(
                id, operationID: scene.operationID(), at: scene.now, body: scene.cancelBody())
            try expect("the outcome", outcome, is: .cancelled(position: 2, tokens: 2))
            for token in active { try expect("a redemption", try await scene.redeem(token), is: .revoked) }
            try expect("the used one", try await scene.redeem(used), is: .used)
        },
        Case("a row closes the tokens of the waits that it ends, and no other") { scene in
            let id = try await scene.create()
            let whole = try await scene.token(id, visit: 1)
            let first = try await scene.token(id, visit: 1, key: "a")
            let second = try await scene.token(id, visit: 1, key: "b")
            let later = try await scene.token(id, visit: 2)
            let other = try await scene.token(try await scene.create(), visit: 1)
            try await scene.commit(scene.step(id, at: 2).with(closedTokens: [.wait(visit: 1, key: "a")]))
            try expect("of the visit", try await scene.redeem(whole), is: .revoked)
            try expect("of the wait", try await scene.redeem(first), is: .revoked)
            for token in [second, later, other] {
                try expect("another", try await scene.store.token(token.id)?.status, is: .active)
            }
            try await scene.commit(scene.step(id, at: 3).with(closedTokens: [.all]))
            for token in [second, later] { try expect("another", try await scene.redeem(token), is: .revoked) }
            try expect("of another", try await scene.store.token(other.id)?.status, is: .active)
        },
        Case("a row that is fenced closes no token") { scene in
            let id = try await scene.create()
            let token = try await scene.token(id)
            try await scene.commit(scene.step(id, at: 2))
            try await scene.expectFenced(scene.step(id, at: 2).with(closedTokens: [.all]))
            try expect("the status", try await scene.store.token(token.id)?.status, is: .active)
        },
        Case("tokens are forgotten a week after they expired") { scene in
            let id = try await scene.create()
            let token = try await scene.token(id, lasts: .seconds(10))
            let long = try await scene.token(id, lasts: .seconds(30 * 86_400))
            scene.advance(.seconds(10 + 7 * 86_400 - 1))
            try await scene.store.maintain()
            try expect("before", try await scene.redeem(token), is: .expired)
            scene.advance(.seconds(1))
            try await scene.store.maintain()
            try expect("after", try await scene.redeem(token), is: .unknown)
            try expect("the list", try await scene.store.tokens(of: id, limit: 10).map(\.id), is: [long.id])
        },
    ]
}

extension StoreScenario {
    /// A token that nobody keeps yet; its digest is that of no secret.
    func newToken(
        _ id: ExecutionID, visit: Int = 1, key: String? = nil, lasts: Duration = .seconds(3_600),
        metadata: JSONObject = [:]
    ) -> NewToken {
        NewToken(
            id: TokenID(raw: .v7(at: now, random: .random(in: 0 ... .max))), executionID: id,
            target: TokenTarget("wait", visit: visit, key: key), hash: (0..<32).map { _ in .random(in: 0 ... .max) },
            createdAt: now, expiresAt: now + lasts, metadata: metadata)
    }

    /// A token that the store keeps.
    func token(
        _ id: ExecutionID, visit: Int = 1, key: String? = nil, lasts: Duration = .seconds(3_600),
        metadata: JSONObject = [:]
    ) async throws -> NewToken {
        let token = newToken(id, visit: visit, key: key, lasts: lasts, metadata: metadata)
        try expect("the token is made", try await store.createToken(token, note: nil), is: true)
        return token
    }

    func redeem(_ token: NewToken, operation: OperationID? = nil, data: JSONValue? = nil) async throws
        -> TokenRedemption
    {
        try await store.redeemToken(hash: token.hash, operationID: operation ?? operationID(), data: data)
    }

    func revoke(_ token: NewToken) async throws -> TokenRevocation {
        try await store.revokeToken(token.id, operationID: operationID(), note: ["token": "revoked"])
    }
}
