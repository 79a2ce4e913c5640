// A plan made on empty tables stays in use for the life of a connection: it must be the one that is right for millions
// of rows.

import PostgresClient
import Skein
import SkeinCore
@testable import SkeinPostgres
import Testing

@Suite(.enabled(if: TestDatabase.isSet, TestDatabase.reason), .timeLimit(.minutes(2)))
struct PlanTests {
    private static let hot = [
        AppendQueries.append, AppendQueries.appendUnlessTaken, AppendQueries.whose, AppendQueries.park,
        AppendQueries.end,
        AppendQueries.snapshot, AppendQueries.outcome, AppendQueries.consume, CreationQueries.keyed,
        CreationQueries.dropExpired,
        ClaimQueries.claim, ClaimQueries.claimFairly, LimitQueries.queued, ClaimQueries.nextDue,
        ClaimQueries.claimThese, ClaimQueries.renew, ClaimQueries.stillMine,
        ClaimQueries.release, ClaimQueries.repark, ClaimQueries.bringForward, CommandQueries.send, CommandQueries.sent,
        CommandQueries.cancel, CommandQueries.appended, CommandQueries.isAlive, CommandQueries.fence, ReadQueries.load,
        ReadQueries.inbox,
        ReadQueries.rows, RegistryQueries.heartbeat, RegistryQueries.dropExpiredKeys,
    ]

    /// The generic plan of a statement; its arguments are values of the default partitions, so that pruning hides
    /// nothing.
    static func explain(_ statement: PostgresStatement, on connection: PostgresConnection) async throws -> [String] {
        try await connection.simple("PREPARE plan_\(statement.name) AS \(statement.sql)")
        let types = try await connection.query(
            PostgresQuery(
                PostgresStatement(
                    "types", "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = $1"),
                [.text("plan_\(statement.name)")])
        ).first?.strings(0)
        let arguments = (types ?? []).map { type in
            type.hasSuffix("[]") ? "ARRAY[\(value(of: String(type.dropLast(2))))]" : value(of: type)
        }
        let list = arguments.isEmpty ? "" : "(\(arguments.joined(separator: ", ")))"
        let explain = PostgresStatement("explain_\(statement.name)", "EXPLAIN EXECUTE plan_\(statement.name)\(list)")
        return try await connection.query(PostgresQuery(explain)).rows.map { try $0.string(0) }
    }

    private static func value(of type: String) -> String {
        switch type {
        case "uuid": "'00000000-0000-7000-8000-000000000001'::uuid"
        case "timestamp with time zone": "'2026-01-01'::timestamptz"
        case "boolean": "true"
        case "text", "bytea": "'x'::\(type)"
        default: "1::\(type)"
        }
    }

    @Test func `no hot statement scans a table, though the tables are empty`() async throws {
        try await TestDatabase.withSchema { schema in
            let connection = try await schema.connect()
            for statement in Self.hot {
                let plan = try await Self.explain(statement, on: connection)
                // A sequence is one row.
                #expect(
                    !plan.contains { $0.contains("Seq Scan") && !$0.contains("limit_closings") },
                    "\(statement.name):\n\(plan.joined(separator: "\n"))")
            }
            await connection.close()
        }
    }

    @Test func `lists go by an index whatever is asked`() async throws {
        try await TestDatabase.withSchema { schema in
            let connection = try await schema.connect()
            for query in Self.queries {
                let list = ListQuery.query(query, now: .timestamptz(nil))
                let plan = try await Self.explain(list.statement, on: connection)
                #expect(
                    !plan.contains { $0.contains("Seq Scan") },
                    "\(list.statement.name):\n\(plan.joined(separator: "\n"))")
            }
            await connection.close()
        }
    }

    private static var queries: [ExecutionQuery] {
        let changes: [(inout ExecutionQuery) -> Void] = [
            { _ in }, { $0.statuses = [.running, .waiting] }, { $0.statuses = [.failed] },
            { $0.statuses = [.failed, .running] },
            { $0.flowID = "f" }, { $0.tag = "t" }, { $0.tenantID = "x" }, { $0.parentID = Sample.execution() },
            { $0.rootID = Sample.execution() }, { $0.before = Sample.execution() }, { $0.createdAfter = Sample.time },
        ]
        return changes.map { change in
            var query = ExecutionQuery()
            change(&query)
            return query
        }
    }
}
