import PostgresClient
import SkeinCore
import Testing

extension EndToEnd {
    /// Resume tokens over two instances and one database.
    @Suite(.serialized, .timeLimit(.minutes(2)))
    struct TokenTests {
        private static let flow: JSONValue = [
            "id": "approval", "version": "1.0.0", "initialStepId": "ask",
            "steps": [
                "ask": [
                    "type": "wait", "config": ["token": ["metadata": ["for": "ann"]], "reason": "ann decides"],
                    "outputKey": "answer", "transitions": ["onSuccess": "after"],
                ],
                "after": ["type": "transform", "config": ["mapping": ["by": "answer.by"]], "outputKey": "result"],
            ],
        ]

        @Test("of two hundred who redeem a token at once through two instances one is accepted, and its data counts")
        func once() async throws {
            try await Cluster.run { cluster in
                let a = try await cluster.serve("a")
                let b = try await cluster.serve("b")
                try await a.web.register(Self.flow)
                let id = try await a.web.create("approval")
                let waiting = try await a.web.status(id, becomes: "waiting")
                #expect(waiting.wait["kind"] == "token")
                let token = try #require(waiting.context.answer.token.string)
                let replies = try await EndToEnd.concurrently(200) { index in
                    let web = index.isMultiple(of: 2) ? a.web : b.web
                    let data: JSONValue = ["data": ["by": .int(Int64(index))]]
                    return (index, try await web.post("/v1/tokens/\(token)/resume", data))
                }
                let accepted = replies.filter { $0.1.status == 200 }
                #expect(accepted.count == 1 && replies.count { $0.1.status == 409 } == 199)
                let done = try await b.web.status(id, becomes: "completed")
                #expect(done.context.result.by.int == accepted.first?.0)
                let types = try await a.web.events(id).compactMap(\.type.string)
                #expect(types.count { $0 == "token.used" } == 1 && types.count { $0 == "token.created" } == 1)
                // The secret is in no table of tokens.
                #expect(
                    try await cluster.number(
                        "SELECT count(*) FROM tokens t WHERE to_jsonb(t)::text LIKE '%' || $1 || '%'", [.text(token)])
                        == 0)
                #expect(try await cluster.number("SELECT count(*) FROM tokens WHERE octet_length(hash) = 32") == 1)
            }
        }

        @Test("operators list, make, revoke and use tokens from the command line")
        func commands() async throws {
            try await Cluster.run { cluster in
                let a = try await cluster.serve("a")
                let server = ["--url", a.web.url]
                try await a.web.register(Self.flow)
                let id = try await a.web.create("approval")
                _ = try await a.web.status(id, becomes: "waiting")
                let listed = try await cluster.command(["token", "list", id] + server)
                #expect(listed.end == .code(0), "\(listed.err)")
                let first = try JSONValue(parsing: listed.out).items.array?.first
                #expect(first?.status == "active" && first?.metadata == ["for": "ann"])
                let name = first?.id.string ?? ""
                for _ in 1...2 {
                    let revoked = try await cluster.command(["token", "revoke", name] + server)
                    #expect(revoked.end == .code(0), "\(revoked.err)")
                    #expect(try JSONValue(parsing: revoked.out).status == "revoked")
                }
                let made = try await cluster.command(["token", "create", id, "--step", "ask"] + server)
                #expect(made.end == .code(0), "\(made.err)")
                let token = try JSONValue(parsing: made.out).token.string ?? ""
                let used = try await cluster.command(
                    ["token", "resume", token, "--data", #"{"by": "cli"}"#] + server)
                #expect(used.end == .code(0), "\(used.err)")
                #expect(try await a.web.status(id, becomes: "completed").context.result.by == "cli")
                #expect(try await cluster.command(["token", "resume", token] + server).end == .code(5))
                #expect(try await cluster.command(["token", "resume", "nonsense"] + server).end == .code(4))
                #expect(try await cluster.command(["token", "revoke", "nonsense"] + server).end == .code(4))
                let types = try await a.web.events(id).compactMap(\.type.string).filter { $0.hasPrefix("token.") }
                #expect(types == ["token.created", "token.revoked", "token.created", "token.used"])
            }
        }
    }
}
