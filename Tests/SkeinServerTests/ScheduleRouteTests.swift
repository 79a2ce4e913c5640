import HTTPTypes
import Skein
import SkeinCore
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ScheduleRouteTests {
    private static let nightly: JSONValue = [
        "name": "nightly", "flowId": "approve", "cron": "0 2 * * *", "timeZone": "Europe/Berlin",
    ]

    @Test func `a schedule is made, found by id and name, changed and removed`() async throws {
        let server = try await TestServer(clock: VirtualClock())
        try await server.test { calls in
            let made = try await calls.post("/v1/schedules", Self.nightly)
            #expect(made.status == 201 && made.json["nextAt"] == "2026-01-01T01:00:00.000000Z")
            #expect(made.json["missedWindowMs"] == 3_600_000, "defaults are shown")
            let id = made.json["id"]?.string ?? ""
            #expect(made.headers[.location] == "/v1/schedules/\(id)")
            #expect(try await calls.post("/v1/schedules", Self.nightly).status == 200)
            var other = Self.nightly
            other["cron"] = "0 3 * * *"
            let conflict = try await calls.post("/v1/schedules", other)
            #expect(conflict.status == 409 && conflict.code == "SCHEDULE_CONFLICT")
            #expect(try await calls.get("/v1/schedules/nightly").json["id"]?.string == id)
            #expect(try await calls.get("/v1/schedules?flowId=approve").json["total"] == 1)
            let headers = ["content-type": "application/json"]
            let patched = try await calls.send(
                .patch, "/v1/schedules/\(id)", headers: headers, text: #"{"overlap":"allow","tag":"t","revision":1}"#)
            #expect(patched.status == 200 && patched.json["overlap"] == "allow" && patched.json["revision"] == 2)
            let put = try await calls.send(
                .put, "/v1/schedules/nightly", headers: headers, text: #"{"flowId":"approve","intervalMs":5000}"#)
            #expect(
                put.status == 200 && put.json["tag"] == nil && put.json["cron"] == nil
                    && put.json["intervalMs"] == 5_000)
            #expect(try await calls.send(.delete, "/v1/schedules/nightly").status == 200)
            let gone = try await calls.get("/v1/schedules/nightly")
            #expect(gone.status == 404 && gone.code == "SCHEDULE_NOT_FOUND")
        }
    }

    @Test func `what is wrong with a schedule is told all at once`() async throws {
        let server = try await TestServer(clock: VirtualClock())
        try await server.test { calls in
            let bad = try await calls.post(
                "/v1/schedules",
                ["name": "x", "flowId": "approve", "cron": "0 25 * * 8", "overlap": "skp", "colour": 1])
            #expect(bad.status == 422)
            #expect(bad.errors == ["/cron": "BAD_CRON", "/overlap": "BAD_VALUE", "/colour": "UNKNOWN_FIELD"])
            let zone = try await calls.post(
                "/v1/schedules", ["name": "x", "flowId": "approve", "cron": "@daily", "timeZone": "Berlin"])
            #expect(zone.status == 422 && zone.errors == ["/timeZone": "BAD_TIME_ZONE"])
            let flow = try await calls.post("/v1/schedules", ["name": "x", "flowId": "none", "intervalMs": 1_000])
            #expect(flow.status == 404 && flow.code == "FLOW_NOT_FOUND")
        }
    }

    @Test func `a schedule is paused, resumed, triggered and backfilled`() async throws {
        let clock = VirtualClock()
        let server = try await TestServer(clock: clock)
        try await server.test { calls in
            _ = try await calls.post("/v1/schedules", Self.nightly)
            clock.advance(by: .seconds(10 * 86_400))
            let path = "/v1/schedules/nightly"
            let paused = try await calls.post(path + "/pause")
            #expect(paused.json["paused"] == true && paused.json["nextAt"] == nil)
            #expect(try await calls.post(path + "/resume").json["nextAt"] == "2026-01-11T01:00:00.000000Z")
            let tick = try await calls.post(path + "/trigger", [:])
            #expect(tick.status == 200 && tick.json["source"] == "trigger" && tick.json["decision"] == "fired")
            let span: JSONObject = ["from": "2026-01-02T00:00:00Z", "to": "2026-01-05T00:00:00Z"]
            let preview = try await calls.post(path + "/backfill", .object(span.merging(["dryRun": true])))
            #expect(preview.json["count"] == 3 && preview.json["items"]?.array?.count == 3)
            let done = try await calls.post(path + "/backfill", .object(span))
            #expect(
                done.json["items"]?.array?.compactMap { $0["decision"]?.string } == [
                    "buffered", "buffered", "buffered",
                ])
            #expect(try await calls.get(path).json["waitingTicks"] == 3)
            #expect(try await calls.get(path + "/next?n=2").json["items"]?.array?.count == 2)
            let ticks = try await calls.get(path + "/ticks?limit=2")
            #expect(ticks.json["items"]?.array?.count == 2 && ticks.json["hasMore"] == true)
            #expect(try await calls.post(path + "/backfill", [:]).errors.count == 2)
        }
    }
}
