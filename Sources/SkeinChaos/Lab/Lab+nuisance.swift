// Other users of the same server, who are in the way.

import Logging
import PostgresClient
import SkeinCore

extension Lab {
    private func stranger() async throws -> PostgresConnection {
        var configuration = PostgresConfiguration(connectionString: postgres.url(port: postgres.port))
        configuration.applicationName = "chaos-stranger"
        configuration.settings = ["search_path": name]
        return try await PostgresConnection.connect(
            configuration, logger: Logger(label: "stranger") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Keeps everybody out of a table for a while.
    func hold(_ table: String, for span: Duration) async throws {
        let connection = try await stranger()
        note("lock", ["table": .string(table)])
        try await connection.simple(
            "BEGIN; LOCK TABLE \(table) IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(\(span.components.seconds)); COMMIT",
            timeout: .seconds(60))
        await connection.close()
    }

    /// Takes as many connections as there are, up to a number, and gives them back after a moment.
    func hold(_ count: Int) async throws {
        var taken: [PostgresConnection] = []
        note("connections taken")
        for _ in 0..<count {
            guard let connection = try? await stranger() else { break }
            taken.append(connection)
        }
        try await Task.sleep(for: .seconds(3))
        for connection in taken { await connection.close() }
        note("connections given back")
    }
}
