import Foundation
import SkeinCore
import Testing

extension EndToEnd {
    @Suite(.serialized, .timeLimit(.minutes(2)))
    struct CommandLineTests {
        private static let flow = """
            id: told
            version: 1.0.0
            initialStepId: choose
            steps:
              choose:
                type: switch
                config: { path: end, cases: { good: good, bad: bad, never: never } }
              good:
                type: transform
                config: { mapping: { answer: { literal: 42 } } }
                outputKey: result
              bad:
                type: fail
                config: { code: NO_STOCK, message: "nothing left of ${item}" }
              never:
                type: wait
                config: { reason: nobody comes }
            """

        @Test("the exit code of a run tells how the execution ended")
        func exitCodes() async throws {
            try await Cluster.run { cluster in
                let a = try await cluster.serve("a")
                let server = ["--url", a.web.url]
                let registered = try await cluster.command(
                    ["flow", "register", "told.yaml"] + server, files: ["told.yaml": Self.flow])
                #expect(registered.end == .code(0), "\(registered.err)")

                let good = try await cluster.command(["run", "told", "-c", #"{"end":"good"}"#, "--wait"] + server)
                #expect(good.end == .code(0), "\(good.err)")
                let execution = try JSONValue(parsing: good.out)
                #expect(execution.status == "completed")
                #expect(execution.context.result == ["answer": 42])
                #expect(good.err.isEmpty, "data to standard output, nothing else to say")

                let bad = try await cluster.command(
                    ["run", "told", "-c", #"{"end":"bad","item":"tea"}"#, "--wait"] + server)
                #expect(bad.end == .code(2))
                #expect(
                    bad.err.contains("NO_STOCK") && bad.err.contains("'bad'") && bad.err.contains("nothing left of tea")
                )

                let late = try await cluster.command(
                    ["run", "told", "-c", #"{"end":"never"}"#, "--wait", "--timeout-ms", "300"] + server)
                #expect(late.end == .code(7))

                let waiting = try cluster.start(
                    "waiting", ["run", "told", "-c", #"{"end":"never"}"#, "--tag", "cancelled", "--wait"] + server)
                let id = try await eventually("it waits") {
                    let found =
                        try await a.web.get("/v1/executions?tag=cancelled&status=waiting").json.items.array ?? []
                    return found.first?.id.string
                }
                let cancelled = try await cluster.command(["exec", "cancel", id, "--reason", "no more"] + server)
                #expect(cancelled.end == .code(0), "\(cancelled.err)")
                #expect(try await waiting.waitForExit() == .code(3))

                #expect(try await cluster.command(["run", "nobody"] + server).end == .code(4))
                #expect(
                    try await cluster.command(["exec", "show", "01980000-0000-7000-8000-000000000000"] + server).end
                        == .code(4))
                #expect(try await cluster.command(["exec", "resume", id] + server).end == .code(5))
                let port = try TestEnvironment.freePort()
                let unreachable = try await cluster.command(["run", "told", "--url", "http://127.0.0.1:\(port)"])
                #expect(unreachable.end == .code(8))
            }
        }

        @Test("a flow file with mistakes is refused with all of them")
        func invalidFlow() async throws {
            let text = """
                id: broken
                version: one
                initialStepId: nowhere
                steps:
                  a:
                    typ: log
                    type: log
                    transitions: { onSuccess: gone }
                    timeoutMs: soon
                """
            try await Cluster.run { cluster in
                let result = try await cluster.command(
                    ["flow", "validate", "broken.yaml", "-o", "json"], files: ["broken.yaml": text])
                #expect(result.end == .code(1))
                let problems = try JSONValue(parsing: result.out).problems.array ?? []
                let found = Set(
                    problems.compactMap { problem in problem.code.string.map { "\($0) \(problem.pointer.string ?? "")" }
                    })
                let expected: Set = [
                    "BAD_VERSION /version", "INITIAL_STEP_UNKNOWN /initialStepId", "UNKNOWN_FIELD /steps/a/typ",
                    "TRANSITION_UNKNOWN /steps/a/transitions/onSuccess", "WRONG_TYPE /steps/a/timeoutMs",
                ]
                #expect(found.isSuperset(of: expected), "\(found.sorted())")
                #expect(problems.allSatisfy { $0.line.int != nil }, "each with its line")
                let good = try await cluster.command(
                    ["flow", "validate", "told.yaml"], files: ["told.yaml": Self.flow])
                #expect(good.end == .code(0), "\(good.err)")
            }
        }

        @Test(
            "a server with wrong settings does not start, and says all that is wrong",
            arguments: [
                (["serve"], ["DATABASE_URL": ""], ["DATABASE_URL"]),
                (
                    ["serve", "--prot", "80", "--concurency=4"], [:],
                    ["--prot", "--port", "--concurency", "--concurrency"]
                ),
                (
                    ["serve"], ["SKEIN_HTTP_PORT": "eighty", "SKEIN_LEASE_MS": "-1", "SKEIN_SCHEMA": "Not A Schema"],
                    ["SKEIN_HTTP_PORT", "SKEIN_LEASE_MS", "SKEIN_SCHEMA"]
                ),
                (["serve", "--api-only", "--worker-only"], [:], ["--api-only", "--worker-only"]),
                (["run"], [:], ["flow"]),
                (["exec", "show"], [:], ["id"]),
                (["frobnicate"], [:], ["frobnicate"]),
            ] as [([String], [String: String], [String])])
        func usage(_ arguments: [String], _ settings: [String: String], _ words: [String]) async throws {
            try await Cluster.run { cluster in
                let result = try await cluster.command(arguments, settings)
                #expect(result.end == .code(64))
                for word in words { #expect(result.err.contains(word), "\(result.err)") }
                #expect(result.out.isEmpty)
            }
        }

        @Test("a server without a schema does not start, and says what to do")
        func noSchema() async throws {
            try await Cluster.run { cluster in
                let result = try await cluster.command(["serve"], ["SKEIN_SCHEMA": "\(cluster.name)_none"])
                #expect(result.end == .code(1))
                #expect(result.err.contains("migrate"))
            }
        }
    }
}
