import HTTPTypes
import Skein
import SkeinCore
import Testing

@Suite(.timeLimit(.minutes(1)))
struct AuditRouteTests {
    typealias Raw = TaskContext<JSONValue>

    private func family(_ clock: VirtualClock) async throws -> (TestServer, String) {
        let server = try await TestServer(clock: clock)
        let engine = server.engine
        engine.use("parent") { (task: Raw, next) in
            try await task.audit("stage_begun")
            return task.stage == 0 ? next([ChildTask("good"), ChildTask("bad")]) : .success(nil)
        }
        engine.use("good") { (_: Raw, _) in .success(1) }
        engine.use("bad", options: .init(maxRetries: 2)) { (_: Raw, _) in throw StepFailure("NO", "not today") }
        let id = try await engine.async("parent", options: .init(tag: "t")).execution.id
        while try await engine.driveDue(limit: 10).claimed > 0 {}
        return (server, id.description)
    }

    @Test func `a workflow has a summary, pages of events and attempts, and statistics by tag`() async throws {
        let (server, id) = try await family(VirtualClock())
        try await server.test { calls in
            let summary = try await calls.get("/v1/executions/\(id)/summary").json
            #expect(summary["totals"]?["tasks"] == 3 && summary["attemptOutcomes"]?["failed"] == 2)
            let page = try await calls.get("/v1/executions/\(id)/audit?type=checkpoint&limit=1&order=desc").json
            #expect(page["total"] == 2 && page["items"]?.array?.count == 1 && page["hasMore"] == true)
            #expect(page["items"]?.array?.first?["metadata"]?["code"] == "stage_begun")
            let own = try await calls.get("/v1/tasks/\(id)/audit?type=step.failed").json
            #expect(own["total"] == 0)
            let whole = try await calls.get("/v1/tasks/\(id)/audit?scope=workflow&type=step.failed&type=step.suspended")
                .json
            #expect(whole["total"] == 3)
            let attempts = try await calls.get("/v1/executions/\(id)/attempts?outcome=suspended").json
            #expect(attempts["total"] == 1 && attempts["items"]?.array?.first?["outcome"] == "suspended")
            let stats = try await calls.get("/v1/tags/t/stats").json
            #expect(stats["items"]?.array?.compactMap { $0["name"]?.string } == ["bad", "good", "parent"])
            let failed = try await calls.get("/v1/tasks/stats?status=permanently_failed").json
            #expect(failed["items"]?.array?.compactMap { $0["count"]?.int } == [1])
            #expect(try await calls.get("/v1/tags/t/stats?status=done").status == 400)
            #expect(try await calls.get("/v1/executions/\(id)/audit?limit=0&order=up&parentId=x").status == 400)
        }
    }

    @Test func `a log is verified, one by one or all`() async throws {
        let (server, id) = try await family(VirtualClock())
        try await server.test { calls in
            let one = try await calls.get("/v1/executions/\(id)/verify").json
            #expect(one["ok"] == true && one["checked"] == 1)
            let first = try await calls.get("/v1/audit/verify?limit=2").json
            #expect(first["ok"] == true && first["checked"] == 2 && first["hasMore"] == true)
            let cursor = try #require(first["cursor"]?.string)
            let rest = try await calls.get("/v1/audit/verify?limit=2&cursor=\(cursor)").json
            #expect(rest["checked"] == 1 && rest["hasMore"] == false)
            #expect(try await calls.get("/v1/executions/00000000-0000-7000-8000-000000000000/verify").status == 404)
        }
    }

    @Test func `what has ended is deleted, held and pruned`() async throws {
        let clock = VirtualClock()
        let (server, id) = try await family(clock)
        try await server.test { calls in
            let child = try await calls.get("/v1/tasks?name=good").json["items"]?.array?.first?["id"]?.string ?? ""
            #expect(try await calls.send(.delete, "/v1/executions/\(child)").status == 409)
            clock.advance(by: .seconds(7_200))
            #expect(try await calls.post("/v1/executions/\(id)/hold", ["reason": "a lawsuit"]).json["held"] == true)
            let held = try await calls.post("/v1/prune", ["olderThanMs": 3_600_000])
            #expect(held.json["executions"] == 0)
            #expect(try await calls.post("/v1/executions/\(id)/release", [:]).status == 200)
            let dry = try await calls.post("/v1/prune", ["policy": ["completed": 1], "dryRun": true])
            #expect(dry.json["executions"] == 3 && dry.json["dryRun"] == true)
            #expect(try await calls.get("/v1/executions/\(id)").status == 200)
            let wrong = try await calls.post("/v1/prune", ["policy": ["done": 5, "failed": "x"]])
            #expect(wrong.errors == ["/policy/done": "BAD_VALUE", "/policy/failed": "WRONG_TYPE"])
            #expect(try await calls.post("/v1/prune", [:]).status == 422)
            let deleted = try await calls.send(.delete, "/v1/tasks?tag=t&status=completed")
            #expect(deleted.json["deleted"] == 1)
            #expect(try await calls.send(.delete, "/v1/tasks?status=nothing").status == 400)
            #expect(try await calls.post("/v1/prune", ["olderThanMs": 3_600_000]).json["executions"] == 3)
            #expect(try await calls.get("/v1/executions/\(id)").status == 404)
        }
    }

    @Test func `a cron task is made, paused, resumed and shown like any other`() async throws {
        let clock = VirtualClock()
        let server = try await TestServer(clock: clock)
        server.engine.use("nightly") { (task: Raw, _) in .success(task.payload) }
        try await server.test { calls in
            let made = try await calls.post(
                "/v1/tasks", ["name": "nightly", "payload": 5, "cron": "0 0 * * *", "timeZone": "Europe/Berlin"])
            #expect(made.status == 201 && made.json["task"]?["type"] == "cron")
            let id = made.json["task"]?["id"]?.string ?? ""
            #expect(try await calls.post("/v1/tasks/\(id)/pause", [:]).json["status"] == "paused")
            #expect(try await calls.post("/v1/tasks/\(id)/resume", [:]).json["status"] == "pending")
            while try await server.engine.driveDue(limit: 10).claimed > 0 {}
            let shown = try await calls.get("/v1/tasks/\(id)").json
            #expect(shown["result"] == 5 && shown["status"] == "pending" && shown["nextRunAt"] != nil)
            let bad = try await calls.post("/v1/tasks", ["name": "nightly", "cron": "every day"])
            #expect(bad.status == 422 && bad.json["detail"]?.string?.contains("Invalid cron expression") == true)
        }
    }

    @Test func `reports need PostgreSQL, and unknown ones are named`() async throws {
        let server = try await TestServer(clock: VirtualClock())
        try await server.test { calls in
            #expect(try await calls.get("/v1/reports/executions").status == 422)
            let unknown = try await calls.get("/v1/reports/execution")
            #expect(unknown.status == 404 && unknown.json["detail"]?.string?.contains("executions") == true)
        }
    }
}
