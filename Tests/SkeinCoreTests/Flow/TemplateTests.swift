// Placeholders, and paths that read and write.

import SkeinCore
import Testing

@Suite("Templates and paths", .timeLimit(.minutes(1)))
struct TemplateTests {
    static let context: JSONObject = [
        "name": "Ada", "n": 1, "big": .decimal(JSONDecimal(UInt64.max)), "half": 0.5, "one": 1.0, "nothing": nil,
        "yes": true, "o": ["x": 1], "list": [1, nil, "a", [2, 3], ["k": 1]], "empty": "", "tricky": "${n}",
    ]

    static let cases: [(JSONValue, JSONValue?)] = [
        ("", ""), ("plain", "plain"), ("${n}", 1), ("${ n }", 1), ("${nothing}", .null), ("${yes}", true),
        ("${o}", ["x": 1]), ("${o.x}", 1), ("${missing}", .none), ("${o.y.z}", .none),
        ("Hi ${name}!", "Hi Ada!"), (" ${n}", " 1"), ("${n}${n}", "11"), ("a${missing}b", "ab"),
        ("a${nothing}b", "anullb"), ("a${o}b", "a[object Object]b"), ("a${yes}", "atrue"), ("a${empty}", "a"),
        ("<${list}>", "<1,,a,2,3,[object Object]>"), ("<${list.0}>", "<1>"), ("<${half}>", "<0.5>"),
        ("<${one}>", "<1>"), ("<${big}>", "<18446744073709551615>"), ("$${n}", "$1"), ("${tricky}", "${n}"),
        ("<${tricky}>", "<${n}>"), ("{{n}}", "{{n}}"), ("${", "${"), ("${}", "${}"), ("${n", "${n"), ("$n}", "$n}"),
        ("${ä}", .none), ("ä${name}ö", "äAdaö"),
        (["${n}", "${missing}", "x${n}"], [1, nil, "x1"]),
        (["${n}": "${n}", "gone": "${missing}", "deep": ["a": ["${name}"]]], ["${n}": 1, "deep": ["a": ["Ada"]]]),
        (5, 5), (nil, .null), (false, false),
    ]

    @Test(arguments: cases)
    func `placeholders are filled in`(_ template: JSONValue, _ result: JSONValue?) {
        #expect(Template.render(template, context: Self.context) == result)
    }

    @Test(
        arguments: [
            ("{{n}}", 1), ("{{ o.x }}", 1), ("a{{n}}b", "a1b"), ("${n}{{n}}", "11"), ("${n}", 1), ("{{n}", "{{n}"),
            ("{n}", "{n}"), ("{{}}", "{{}}"),
        ] as [(JSONValue, JSONValue)])
    func `mappings know double braces besides`(_ template: JSONValue, _ result: JSONValue) {
        let rendered = Template.render(template, context: Self.context, placeholders: [.dollar, .mustache])
        #expect(rendered == result)
    }

    @Test(arguments: [
        ("fine", 0), ("${a.b} ${c}", 0), ("$5 {x} }", 0), ("{{", 0), ("${", 1), ("a ${b", 1), ("${}", 1), ("${ }", 1),
        ("${a..b}", 1), ("${.}", 1), ("${a${b}}", 1), ("${} ${} ${", 3),
    ])
    func `malformed placeholders are reported`(_ template: String, _ count: Int) {
        let problems = Template.problems(in: ["a": [.string(template)]], at: .root)
        #expect(problems.count == count)
        #expect(problems.allSatisfy { $0.code == "BAD_TEMPLATE" && $0.pointer.description == "/a/0" })
    }

    @Test(arguments: [("{{a}} ${b}", 0), ("{{", 1), ("{{a}", 1), ("{{}}", 1), ("${", 1)])
    func `malformed double braces are reported where they count`(_ template: String, _ count: Int) {
        let problems = Template.problems(in: .string(template), at: .root, placeholders: [.dollar, .mustache])
        #expect(problems.count == count)
    }

    @Test func `hostile templates take linear time`() {
        for unit in ["${", "{{", "{{ }", "${}", "${{{"] {
            let text = String(repeating: unit, count: 100_000) + "}"
            _ = Template.render(.string(text), context: [:], placeholders: [.dollar, .mustache])
            _ = Template.problems(in: .string(text), at: .root, placeholders: [.dollar, .mustache])
        }
    }

    @Test(arguments: [
        "", ".", "a.", ".a", "a..b", String(repeating: "a.", count: 64) + "a", String(repeating: "a", count: 1001),
    ])
    func `what is no path`(_ text: String) {
        #expect(DotPath(text) == nil)
    }

    static let writes: [(JSONValue, String, JSONValue?)] = [
        ([:], "a", ["a": 9]), (["a": 1], "a", ["a": 9]), ([:], "a.b.c", ["a": ["b": ["c": 9]]]),
        (["a": ["x": 1]], "a.b", ["a": ["x": 1, "b": 9]]), (["a": nil], "a.b", ["a": ["b": 9]]),
        (["a": 5], "a.b", ["a": ["b": 9]]), (["a": "s"], "a.b.c", ["a": ["b": ["c": 9]]]),
        (["a": [1, 2]], "a.1", ["a": [1, 9]]), (["a": [1, 2]], "a.2", ["a": [1, 2, 9]]),
        (["a": [["b": 1]]], "a.0.b", ["a": [["b": 9]]]), (["a": []], "a.0.b", ["a": [["b": 9]]]),
        (["a": [1]], "a.3", .none), (["a": [1]], "a.b", .none), (["a": [1]], "a.01", .none),
        (["a": [1]], "a.-1", .none),
        ([:], "0.1", ["0": ["1": 9]]), ([:], "__proto__.x", ["__proto__": ["x": 9]]),
    ]

    @Test(arguments: writes)
    func `a path writes where it can and changes nothing where it cannot`(
        _ document: JSONValue, _ text: String, _ result: JSONValue?
    ) throws {
        let path = try #require(DotPath(text))
        var context = try #require(document.object)
        let isSet = path.set(9, in: &context)
        #expect(isSet == (result != .none))
        #expect(.object(context) == result ?? document)
        if isSet { #expect(path.value(in: context) == 9) }
    }

    @Test func `writing keeps the order of members`() throws {
        var context: JSONObject = ["a": 1, "b": ["x": 1, "y": 2], "c": 3]
        try #require(DotPath("b.x")).set(5, in: &context)
        #expect(JSONValue.object(context).text() == #"{"a":1,"b":{"x":5,"y":2},"c":3}"#)
    }
}
