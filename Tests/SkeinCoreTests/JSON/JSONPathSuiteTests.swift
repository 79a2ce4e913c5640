// The public compliance suite for RFC 9535, every case of it.

import Foundation
import SkeinCore
import Testing

@Suite("JSONPath compliance", .timeLimit(.minutes(2)))
struct JSONPathSuiteTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let selector: String
        let isInvalid: Bool
        let document: JSONValue
        /// Any of these is right.
        let results: [JSONValue]
        let paths: [JSONValue]
        var testDescription: String { "\(name): \(selector)" }
    }

    static let cases: [Case] = {
        guard let url = Bundle.module.url(forResource: "cts", withExtension: "json", subdirectory: "Suites"),
            let data = try? Data(contentsOf: url),
            let suite = try? JSONValue(parsing: data, limits: JSONLimits(allowsNulCharacter: true))
        else { return [] }
        return suite.tests.array?.map { entry in
            Case(
                name: entry.name.string ?? "", selector: entry.selector.string ?? "",
                isInvalid: entry.invalid_selector.bool ?? false, document: entry.document,
                results: entry["results"]?.array ?? [entry.result],
                paths: entry["results_paths"]?.array ?? [entry.result_paths])
        } ?? []
    }()

    @Test func `the whole suite is there`() {
        #expect(Self.cases.count == 703)
        #expect(Self.cases.count(where: \.isInvalid) == 247)
    }

    @Test(arguments: cases)
    func `a case gives one of its results`(_ test: Case) throws {
        guard !test.isInvalid else {
            #expect(throws: JSONPathError.self) { try JSONPath(test.selector) }
            return
        }
        let path = try JSONPath(test.selector)
        let values = JSONValue.array(try path.select(from: test.document))
        #expect(test.results.contains(values), "got \(values)")
        let nodes = try path.nodes(in: test.document)
        let place = try #require(test.results.firstIndex(of: .array(nodes.map(\.value))))
        #expect(test.paths[place] == .array(nodes.map { .string($0.path) }))
        for node in nodes {
            #expect(try JSONPath(node.path).select(from: test.document) == [node.value])
        }
    }
}
