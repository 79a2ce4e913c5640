import HTTPTypes
import Skein
import SkeinCore
import Testing

@Suite(.timeLimit(.minutes(1)))
struct FlowRouteTests {
    @Test func `a new flow is created, the same again is not, another content is a conflict`() async throws {
        try await TestServer().test { calls in
            var flow = TestServer.greet
            flow["version"] = "2.0.0"
            let first = try await calls.post("/v1/flows", flow)
            #expect(first.status == 201)
            #expect(first.json["flow"] == flow)
            #expect(first.json["warnings"] == [])
            #expect(first.headers[.location] == "/v1/flows/greet?version=2.0.0")
            #expect(try await calls.post("/v1/flows", flow).status == 200)
            flow["name"] = "other"
            let conflict = try await calls.post("/v1/flows", flow)
            #expect(conflict.status == 409)
            #expect(conflict.code == "FLOW_CONFLICT")
            let versions = try await calls.get("/v1/flows/greet/versions")
            #expect(versions.json["items"]?.array?.map { $0["version"] } == ["2.0.0", "1.0.0"])
            #expect(try await calls.get("/v1/flows/greet").json["version"] == "2.0.0")
            #expect(try await calls.get("/v1/flows/greet?version=1.0.0").json["version"] == "1.0.0")
        }
    }

    @Test func `an invalid flow is refused with every problem and its place`() async throws {
        try await TestServer().test { calls in
            let answer = try await calls.post(
                "/v1/flows", ["id": "x", "version": "one", "initialStepId": "a", "steps": ["b": ["type": 1]]])
            #expect(answer.status == 422)
            #expect(answer.code == "FLOW_INVALID")
            #expect(answer.headers[.contentType] == "application/problem+json")
            #expect(answer.errors["/version"] == "BAD_VERSION")
            #expect(answer.errors["/steps/b/type"] == "WRONG_TYPE")
            #expect(answer.errors["/initialStepId"] == "INITIAL_STEP_UNKNOWN")
        }
    }

    @Test func `an unknown handler is a warning, with strict an error`() async throws {
        try await TestServer().test { calls in
            let flow: JSONValue = [
                "id": "x", "version": "1.0.0", "initialStepId": "a",
                "steps": ["a": ["type": "nobody", "transitions": [:]]],
            ]
            let strict = try await calls.post("/v1/flows?strict=true", flow)
            #expect(strict.status == 422)
            #expect(strict.errors["/steps/a/type"] == "HANDLER_UNKNOWN")
            let loose = try await calls.post("/v1/flows", flow)
            #expect(loose.status == 201)
            #expect(loose.json["warnings"]?.array?.first?["code"] == "HANDLER_UNKNOWN")
        }
    }

    @Test func `a flow may be written in YAML and keeps its integers and texts`() async throws {
        try await TestServer().test { calls in
            let yaml = """
                id: from-yaml
                version: 1.2.3
                initialStepId: a
                metadata: {big: 12345678901234567890, small: 9007199254740993, no: no, at: 12:30, zip: "007", half: .5, none: ~}
                steps:
                  a: {type: hello, transitions: {onSuccess: null}}
                """
            let answer = try await calls.send(
                .post, "/v1/flows", headers: ["content-type": "application/yaml"], text: yaml)
            #expect(answer.status == 201)
            let metadata = answer.json["flow"]?["metadata"]
            #expect(metadata?["big"]?.text() == "12345678901234567890")
            #expect(metadata?["small"] == 9_007_199_254_740_993)
            #expect(metadata?["no"] == "no")
            #expect(metadata?["at"] == "12:30")
            #expect(metadata?["zip"] == "007")
            #expect(metadata?["half"] == 0.5)
            #expect(metadata?["none"] == .null)
        }
    }

    @Test(arguments: [
        "a: [1, 2", "a: 1\na: 2", "a: &x 1\nb: *x", "a: *x", "a: .inf", "? [1]\n: 2", "--- 1\n--- 2", "a: !odd 1",
        String(repeating: "[", count: 5_000), String(repeating: "[", count: 200) + String(repeating: "]", count: 200),
    ])
    func `YAML that is none, or that JSON cannot say, is refused`(_ yaml: String) async throws {
        try await TestServer().test { calls in
            let answer = try await calls.send(
                .post, "/v1/flows", headers: ["content-type": "text/yaml; charset=utf-8"], text: yaml)
            #expect(answer.status == 400)
            #expect(answer.code == "INVALID_YAML")
        }
    }

    @Test func `lists have the shape of a page`() async throws {
        try await TestServer().test { calls in
            let page = try await calls.get("/v1/flows?limit=1")
            #expect(page.json["items"]?.array?.count == 1)
            #expect(page.json["limit"] == 1)
            #expect(page.json["offset"] == 0)
            #expect(page.json["total"] == 2)
            #expect(page.json["hasMore"] == true)
            let rest = try await calls.get("/v1/flows?limit=1&offset=1")
            #expect(rest.json["items"]?.array?.first?["id"] == "greet")
            #expect(rest.json["hasMore"] == false)
        }
    }

    @Test func `handlers are listed with what is known of them`() async throws {
        try await TestServer().test { calls in
            let answer = try await calls.get("/v1/handlers")
            #expect(answer.json["items"]?.array?.map { $0["type"] } == ["ask", "hello", "shout"])
            #expect(answer.json["items"]?.array?.first?["stateful"] == false)
        }
    }
}
