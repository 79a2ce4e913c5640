import Foundation
import Logging
import PostgresClient
import Testing

/// The server of the tests: named by `SKEIN_TEST_DATABASE_URL`, else the local default.
enum TestServer {
    static let defaultURL = "postgres://postgres@127.0.0.1:55432/clienttest"
    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    static var url: String { ProcessInfo.processInfo.environment["SKEIN_TEST_DATABASE_URL"] ?? defaultURL }

    static var configuration: PostgresConfiguration { PostgresConfiguration(connectionString: url) }

    static func connect(
        _ use: PostgresConnection.Use = .exclusive,
        _ change: (inout PostgresConfiguration) -> Void = { _ in }
    ) async throws -> PostgresConnection {
        var configuration = configuration
        change(&configuration)
        return try await PostgresConnection.connect(configuration, logger: logger, use: use)
    }

    /// True when tests can run. Named or required by CI, an absent server is a failure; else the tests are skipped,
    /// loudly.
    static func isAvailable() async -> Bool {
        let environment = ProcessInfo.processInfo.environment
        if environment["SKEIN_TEST_DATABASE_URL"] != nil || environment["CI"] != nil { return true }
        do {
            await (try connect()).close()
            return true
        } catch {
            print("SKIPPED: no PostgreSQL at \(defaultURL) and SKEIN_TEST_DATABASE_URL is not set: \(error)")
            return false
        }
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips where there is no server to test against.
    static var needsServer: Self {
        .enabled("no PostgreSQL to test against") { await TestServer.isAvailable() }
    }
}

extension PostgresConnection {
    /// Runs text with parameters; the text is its own name.
    func run(_ sql: String, _ parameters: [PostgresParameter] = [], timeout: Duration? = nil) async throws
        -> PostgresResult
    {
        try await query(PostgresQuery(PostgresStatement(sql, sql), parameters), timeout: timeout)
    }
}

func statement(_ sql: String, _ parameters: [PostgresParameter] = []) -> PostgresQuery {
    PostgresQuery(PostgresStatement(sql, sql), parameters)
}

/// The `PostgresError` that `body` throws.
func failure<R>(_ body: () async throws -> R) async throws -> PostgresError {
    do {
        _ = try await body()
    } catch let error as PostgresError {
        return error
    }
    Issue.record("nothing was thrown")
    throw CancellationError()
}

/// Polls the server, not the clock, until a condition in SQL holds.
func waitUntil(_ connection: PostgresConnection, _ sql: String, _ parameters: [PostgresParameter] = []) async throws {
    while try await !connection.run(sql, parameters).rows[0].bool(0) { await Task.yield() }
}
