// The public test suite of JSON Schema, draft 2020-12, with its optional parts. The suite is not part of this
// repository: it is looked for in the folder that SKEIN_TEST_JSON_SCHEMA_SUITE names (with `tests` and `remotes`), and
// among the test resources as Suites/json-schema.

import Foundation
import SkeinCore
import Testing

@Suite("JSON Schema compliance", .timeLimit(.minutes(2)))
struct JSONSchemaSuiteTests {
    struct Group: Sendable, CustomTestStringConvertible {
        let file: String
        let name: String
        let schema: JSONValue
        let tests: [JSONValue]
        var testDescription: String { "\(file): \(name)" }
        /// Formats are asserted only where the suite tests them.
        var assertsFormats: Bool { file.hasPrefix("optional/format/") }
    }

    /// What does not pass, as `file: group: test`. Empty: numbers are exact whatever their size.
    static let knownFailures: Set<String> = []

    static let folder: URL? = {
        let named = ProcessInfo.processInfo.environment["SKEIN_TEST_JSON_SCHEMA_SUITE"].map {
            URL(fileURLWithPath: $0, isDirectory: true)
        }
        let bundled = Bundle.module.url(forResource: "json-schema", withExtension: nil, subdirectory: "Suites")
        return [named, bundled].compactMap { $0 }.first { FileManager.default.fileExists(atPath: $0.path) }
    }()

    static let groups: [Group] = documents(below: "tests/draft2020-12").flatMap { name, document in
        (document.array ?? []).map { group in
            Group(
                file: name, name: group["description"]?.string ?? "", schema: group.schema,
                tests: group.tests.array ?? [])
        }
    }

    /// The documents that the suite expects to be served.
    static let remotes = Dictionary(
        documents(below: "remotes").map { ("http://localhost:1234/" + $0.0, $0.1) },
        uniquingKeysWith: { first, _ in first })

    private static func documents(below path: String) -> [(String, JSONValue)] {
        guard let root = folder?.appendingPathComponent(path, isDirectory: true),
            let names = try? FileManager.default.subpathsOfDirectory(atPath: root.path)
        else { return [] }
        return names.sorted().filter { $0.hasSuffix(".json") }.compactMap { name in
            guard let data = try? Data(contentsOf: root.appendingPathComponent(name)),
                let document = try? JSONValue(parsing: data, limits: JSONLimits(allowsNulCharacter: true))
            else {
                Issue.record("the suite's file \(name) cannot be read")
                return nil
            }
            return (name, document)
        }
    }

    static var isOptionalFormatThere: Bool { groups.contains(where: \.assertsFormats) }

    @Test(.enabled(if: folder != nil, "the suite is not there: set SKEIN_TEST_JSON_SCHEMA_SUITE"))
    func `the whole suite is there`() {
        #expect(Self.groups.count(where: { !$0.file.hasPrefix("optional/") }) > 300)
        #expect(Self.remotes.count > 50)
    }

    @Test(.enabled(if: isOptionalFormatThere, "the suite's folder optional/format is not there"))
    func `the suite has all formats`() {
        #expect(Set(Self.groups.filter(\.assertsFormats).map(\.file)).count >= 20)
    }

    @Test(.enabled(if: folder != nil, "the suite is not there: set SKEIN_TEST_JSON_SCHEMA_SUITE"), arguments: groups)
    func `every case of a group is decided as the suite says`(_ group: Group) throws {
        let schema = try JSONSchema(group.schema, resources: Self.remotes)
        for test in group.tests {
            let name = "\(group.file): \(group.name): \(test["description"]?.string ?? "")"
            let expected = try #require(test.valid.bool as Bool?)
            let violations = schema.validate(test.data, formats: group.assertsFormats)
            let isValid = schema.isValid(test.data, formats: group.assertsFormats)
            let isRight = violations.isEmpty == expected && isValid == expected
            #expect(isRight != Self.knownFailures.contains(name), "\(name): \(violations)")
            #expect(violations.allSatisfy { $0.code == .mismatch })
        }
    }

    @Test(.enabled(if: folder != nil, "the suite is not there: set SKEIN_TEST_JSON_SCHEMA_SUITE"))
    func `the counts of the run are printed`() {
        var counts: [String: (passed: Int, failed: Int)] = [:]
        for group in Self.groups {
            let part = group.assertsFormats ? "formats" : group.file.hasPrefix("optional/") ? "optional" : "required"
            let schema = try? JSONSchema(group.schema, resources: Self.remotes)
            for test in group.tests {
                let isValid = schema?.isValid(test.data, formats: group.assertsFormats)
                if isValid != nil, isValid == test.valid.bool {
                    counts[part, default: (0, 0)].passed += 1
                } else {
                    counts[part, default: (0, 0)].failed += 1
                }
            }
        }
        for (part, count) in counts.sorted(by: { $0.key < $1.key }) {
            print("JSON Schema suite, \(part): \(count.passed) passed, \(count.failed) failed")
        }
        print("JSON Schema suite, listed as known failures: \(Self.knownFailures.count)")
    }
}
