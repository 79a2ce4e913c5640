import HTTPTypes
import Skein
import SkeinCore
import Testing

@Suite(.timeLimit(.minutes(1)))
struct InsightRouteTests {
    private static let nobody = "/v1/executions/01980000-0000-7000-8000-000000000000"

    @Test func `an execution shows its tree, its reasons and its picture`() async throws {
        let server = try await TestServer()
        let id = try await server.waiting()
        try await server.test { calls in
            let tree = try await calls.get("/v1/executions/\(id)/tree?depth=3")
            #expect(tree.status == 200 && tree.json["id"]?.string == id.description && tree.json["children"] == [])
            #expect(tree.json["truncated"] == false && tree.json["status"] == "waiting")
            let explained = try await calls.get("/v1/executions/\(id)/explain")
            #expect(explained.json["reasons"]?.array?.first?["code"] == "MANUAL")
            let graph = try await calls.get("/v1/executions/\(id)/graph")
            #expect(graph.json["nodes"]?.array?.first?["status"] == "suspended")
            for path in ["tree", "explain", "graph"] {
                #expect(try await calls.get("\(Self.nobody)/\(path)").code == "EXECUTION_NOT_FOUND")
            }
            #expect(try await calls.get("/v1/executions/\(id)/tree?depth=-1").status == 400)
        }
    }

    @Test(arguments: [
        ("mermaid", "flowchart TD", "text/plain; charset=utf-8"), ("dot", "digraph", "text/plain; charset=utf-8"),
        ("ascii", "greet 1.0.0", "text/plain; charset=utf-8"), ("svg", "<svg ", "image/svg+xml"),
        ("json", "{", "application/json"),
    ])
    func `a flow is drawn in every form`(form: String, start: String, type: String) async throws {
        try await TestServer().test { calls in
            let answer = try await calls.get("/v1/flows/greet/graph?format=\(form)&version=1.0.0")
            #expect(answer.status == 200 && answer.text.hasPrefix(start) && answer.headers[.contentType] == type)
        }
    }

    @Test func `what is no flow and no form is refused`() async throws {
        try await TestServer().test { calls in
            let fine = try await calls.get("/v1/flows/greet/graph")
            #expect(fine.json["edges"]?.array?.count == 1)
            for path in ["none/graph", "greet/graph?version=9.9.9"] {
                let answer = try await calls.get("/v1/flows/\(path)")
                #expect(answer.code == "FLOW_NOT_FOUND")
            }
            let unknown = try await calls.get("/v1/flows/greet/graph?format=png")
            #expect(unknown.status == 400)
        }
    }
}
