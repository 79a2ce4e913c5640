import SkeinCore
import Testing

@testable import SkeinCLI

/// The testing library has a type of this name too.
private typealias Status = SkeinCLI.ExitStatus

/// Exit codes are a promise to scripts.
@Suite struct ExitStatusTests {
    @Test(
        arguments: [
            (Status.ok, 0), (.failure, 1), (.executionFailed, 2), (.executionCancelled, 3), (.notFound, 4),
            (.conflict, 5),
            (.unauthorized, 6), (.waitTimedOut, 7), (.unreachable, 8), (.partial, 9), (.usage, 64), (.interrupted, 130),
        ] as [(Status, Int32)])
    fileprivate func `the numbers are those of the contract`(status: Status, code: Int32) {
        #expect(status.rawValue == code)
    }

    @Test(arguments: [
        (400, Status.failure), (401, .unauthorized), (403, .unauthorized), (404, .notFound), (409, .conflict),
        (410, .notFound),
        (412, .conflict), (413, .failure), (422, .failure), (500, .failure), (503, .failure),
    ])
    fileprivate func `an HTTP status has an exit code`(http: Int, status: Status) {
        #expect(Status(http: http) == status)
    }

    @Test(arguments: [
        (ExecutionStatus.completed, Status.ok), (.failed, .executionFailed), (.rollbackFailed, .executionFailed),
        (.cancelled, .executionCancelled), (.rolledBack, .executionCancelled), (.waiting, .waitTimedOut),
        (.running, .waitTimedOut),
    ])
    fileprivate func `the end of an execution has an exit code`(execution: ExecutionStatus, status: Status) {
        #expect(Status(execution: execution) == status)
    }

    @Test func `of several items some may fail`() {
        #expect(Status(items: [.ok, .ok]) == .ok)
        #expect(Status(items: [.ok, .notFound]) == .partial)
        #expect(Status(items: [.notFound, .notFound]) == .notFound)
        #expect(Status(items: [.notFound, .conflict]) == .failure)
    }

    @Test func `a problem of the server becomes what, details and what to do`() throws {
        let body = try JSONValue(
            parsing: #"""
                {"status": 422, "code": "FLOW_INVALID", "detail": "the flow has 1 problem",
                 "errors": [{"pointer": "/steps/a/typ", "code": "UNKNOWN_FIELD", "message": "no"}]}
                """#)
        let failure = ServerProblem.failure(status: 422, body: body, requestID: nil)
        #expect(
            failure.lines == [
                "error: the flow has 1 problem (FLOW_INVALID)", "  UNKNOWN_FIELD /steps/a/typ: no",
                "  → check the file with `skein flow validate FILE`",
            ])
        #expect(ServerProblem.failure(status: 502, body: nil, requestID: "r1").lines.contains("  request r1"))
    }

    @Test(arguments: [
        (
            #"{"id": "1", "status": "failed", "error": {"code": "STEP_FAILED", "stepId": "a", "message": "no"}}"#,
            Status.executionFailed
        ),
        (#"{"id": "1", "status": "cancelled", "cancellation": {"reason": "why"}}"#, .executionCancelled),
        (#"{"id": "1", "status": "waiting"}"#, .waitTimedOut), (#"{"id": "1", "status": "new"}"#, .failure),
    ])
    fileprivate func `waiting for an execution fails as it did`(text: String, status: Status) throws {
        let failure = #expect(throws: CommandFailure.self) { try ExecutionWaiter.check(try JSONValue(parsing: text)) }
        #expect(failure?.status == status)
    }

    @Test(arguments: [
        ["exec", "nope"], ["run"], ["flow", "validate"], ["exec", "list", "--status", "odd"], ["--nope"],
        ["run", "f", "--timeout-ms", "5"], ["exec", "list", "-o", "xml"],
    ])
    func `a usage error exits with 64`(arguments: [String]) async {
        let console = Console(output: -1, errors: -1, environment: [:])
        #expect(await CommandRunner(console: console).run(arguments) == .usage)
    }

    @Test func `a server that is not there exits with 8`() async {
        let console = Console(output: -1, errors: -1, environment: [:])
        #expect(
            await CommandRunner(console: console).run(["exec", "show", "x", "--url", "http://127.0.0.1:1"])
                == .unreachable)
        #expect(await CommandRunner(console: console).run(["exec", "show", "x", "--url", "nonsense"]) == .usage)
    }
}
