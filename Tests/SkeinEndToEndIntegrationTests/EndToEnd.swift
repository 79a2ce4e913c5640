// Real `skein serve` processes over a real PostgreSQL and Redis, broken on purpose. What they leave behind is judged by
// the log in the database, by the requests that their steps sent, and by what they answer: nothing of the engine runs in
// this process.

import Synchronization
import Testing

/// Everything runs one after the other: each test has the machine to itself, as its times are those of the claims.
@Suite(.serialized, .needsServers, .countsIssues)
enum EndToEnd {}

/// How many issues the tests had so far, so that a test can tell whether it is going well.
enum IssueCount {
    private static let count = Mutex(0)

    static var now: Int { count.withLock { $0 } }

    static func add() { count.withLock { $0 += 1 } }
}

extension Trait where Self == IssueHandlingTrait {
    /// Lets `Cluster.run` print the logs of its processes when something was wrong.
    static var countsIssues: Self {
        .compactMapIssues { issue in
            IssueCount.add()
            return issue
        }
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips loudly where no servers are named, but never where `CI` is set.
    static var needsServers: Self {
        .enabled("needs SKEIN_TEST_DATABASE_URL and SKEIN_TEST_REDIS_URL") { TestEnvironment.isEnabled }
    }
}

/// Something that should have come did not.
struct Overdue: Error, CustomStringConvertible {
    let what: String
    var description: String { "not within the time: \(what)" }
}

/// Asks until the answer is there. The pauses are between questions, never instead of them.
func eventually<Answer>(
    _ what: String, within limit: Duration = .seconds(30), every pause: Duration = .milliseconds(20),
    _ ask: () async throws -> Answer?
) async throws -> Answer {
    let deadline = ContinuousClock.now + limit
    while true {
        if let answer = try await ask() { return answer }
        guard ContinuousClock.now < deadline else { throw Overdue(what: what) }
        // check: allow, because it is the pause between two looks at another process.
        try await Task.sleep(for: pause)
    }
}

/// As above, for what is true or not.
func until(
    _ what: String, within limit: Duration = .seconds(30), every pause: Duration = .milliseconds(20),
    _ holds: () async throws -> Bool
) async throws {
    try await eventually(what, within: limit, every: pause) { try await holds() ? () : nil }
}

/// Runs to its end whatever becomes of the task.
func shielded(_ body: @escaping @Sendable () async -> Void) async {
    await Task { await body() }.value
}
