// RFC 6901, with the examples of its section 5.

import SkeinCore
import Testing

@Suite("JSON Pointer", .timeLimit(.minutes(1)))
struct JSONPointerTests {
    static let document: JSONValue = [
        "foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8,
    ]

    @Test(
        arguments: [
            ("", document), ("/foo", ["bar", "baz"]), ("/foo/0", "bar"), ("/", 0), ("/a~1b", 1), ("/c%d", 2),
            ("/e^f", 3), ("/g|h", 4),
            ("/i\\j", 5), ("/k\"l", 6), ("/ ", 7), ("/m~0n", 8),
        ] as [(String, JSONValue)])
    func `the examples of the RFC resolve`(text: String, value: JSONValue) throws {
        let pointer = try #require(JSONPointer(text))
        #expect(Self.document[pointer] == value)
        #expect(pointer.description == text)
    }

    @Test(arguments: [
        "/foo/2", "/foo/-", "/foo/00", "/foo/01", "/foo/+1", "/foo/-1", "/foo/x", "/foo/", "/foo/99999999999999999999",
        "/none", "//x", "/foo/0/1",
    ])
    func `a pointer that leads nowhere gives nothing`(text: String) throws {
        #expect(Self.document[try #require(JSONPointer(text))] == nil)
    }

    @Test(arguments: ["foo", "/a~", "/a~2", "/~/b", " /a", "#/a"])
    func `any other text is no pointer`(text: String) {
        #expect(JSONPointer(text) == nil)
    }

    @Test func `pointers are built and taken apart`() {
        let pointer = JSONPointer.root.appending(key: "a/b").appending(index: 3).appending(key: "~1").appending(key: "")
        #expect(pointer.description == "/a~1b/3/~01/")
        #expect(JSONPointer(pointer.description) == pointer)
        #expect(pointer.parent?.tokens == ["a/b", "3", "~1"])
        #expect(JSONPointer.root.parent == nil)
        #expect(JSONPointer("/~01")?.tokens == ["~1"])
    }
}
