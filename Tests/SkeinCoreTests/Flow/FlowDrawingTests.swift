import SkeinCore
import Testing

@Suite struct FlowDrawingTests {
    private static let flow: JSONValue = [
        "id": "draw", "version": "1.0.0", "initialStepId": "begin",
        "steps": [
            "begin": [
                "type": "work",
                "transitions": ["onSuccess": ["left", "right"], "onFailure": "sorry", "onResume": "left"],
            ],
            "left": ["type": "work", "transitions": ["onSuccess": "meet"]],
            "right": [
                "type": "work", "when": ["path": "x", "op": "exists"],
                "transitions": ["onSuccess": "meet", "onSkip": "meet"],
            ],
            "meet": [
                "type": "switch", "join": ["left", "right"],
                "config": ["path": "x", "cases": ["a": "say \"hi\" <b>"], "default": "sorry"],
            ],
            "say \"hi\" <b>": ["type": "work"],
            "sorry": ["type": "fail"],
        ],
    ]

    private func drawing(_ statuses: [StepID: String] = [:]) throws -> FlowDrawing {
        let validation = FlowSpec.validate(Self.flow)
        return FlowDrawing(FlowGraph(try #require(validation.spec, "\(validation.errors)")), statuses: statuses)
    }

    @Test func `every step is a node and every way an edge`() throws {
        let drawing = try drawing(["begin": "completed"])
        #expect(drawing.nodes.map(\.kind) == [.start, .step, .step, .join, .step, .step])
        #expect(drawing.nodes.first?.status == "completed" && drawing.nodes.last?.status == nil)
        let edges = drawing.edges.map { "\($0.from)>\($0.to):\($0.on.rawValue)" }
        #expect(
            Set(edges) == [
                "begin>left:success", "begin>right:success", "begin>sorry:failure", "begin>left:resume",
                "left>meet:join",
                "right>meet:join", "meet>say \"hi\" <b>:choice", "meet>sorry:choice",
            ])
        #expect(
            drawing.json["nodes"]?.array?.first == [
                "id": "begin", "type": "work", "kind": "start", "status": "completed",
            ])
        #expect(drawing.json["edges"]?.array?.count == 8)
    }

    @Test func `text lists each step with the ways out of it`() throws {
        let text = try drawing(["left": "running"]).ascii
        #expect(text.hasPrefix("draw 1.0.0\n> begin (work)\n    |-- success --> left\n"))
        #expect(text.contains("* left (work) [running]\n    `-- join --> meet\n") && text.contains("`-- end"))
    }

    @Test func `names cannot break out of a form`() throws {
        let drawing = try drawing()
        #expect(drawing.mermaid.contains("say #quot;hi#quot; #lt;b#gt;") && drawing.mermaid.hasPrefix("flowchart TD\n"))
        #expect(drawing.dot.contains(#"say \"hi\" <b>"#) && drawing.dot.hasSuffix("}\n"))
        #expect(drawing.svg.contains("say &quot;hi&quot; &lt;b&gt;") && !drawing.svg.contains("<b>"))
        #expect(drawing.svg.hasPrefix("<svg ") && drawing.svg.hasSuffix("</svg>\n"))
        for form in FlowDrawing.Form.allCases { #expect(!drawing.text(form).isEmpty) }
    }
}
