// Lists. The text is put together from fixed pieces, so that each combination of filters has a plan of its own that
// uses an index; values are always parameters.

import PostgresClient
import Skein
import SkeinCore

/// A list's statement with its parameters.
struct ListQuery {
    private var conditions: [String] = []
    private var parameters: [PostgresParameter] = []
    /// Names the combination of conditions.
    private var shape: [Character] = []

    private mutating func add(_ name: Character, _ parameter: PostgresParameter, _ condition: (String) -> String) {
        parameters.append(parameter)
        conditions.append(condition("$\(parameters.count)"))
        shape.append(name)
    }

    static func query(_ query: ExecutionQuery, now: PostgresParameter) -> PostgresQuery {
        var list = ListQuery()
        list.parameters.append(now)
        // What lives has a ready row: few rows, however long the history is.
        let isLive = !query.statuses.isEmpty && query.statuses.allSatisfy { !$0.isEnded }
        // One kind of end: the outcomes are in its order.
        let ended = query.statuses.count == 1 ? query.statuses.first.flatMap { $0.isEnded ? $0 : nil } : nil
        let source: String
        let id: String
        if let ended {
            source = "outcomes o JOIN executions e ON e.id = o.execution_id LEFT JOIN ready r ON r.execution_id = e.id"
            id = "o.execution_id"
            list.add("o", .int2(ended.code)) { "o.status = \($0)" }
        } else if isLive {
            source = "ready r JOIN executions e ON e.id = r.execution_id"
            id = "r.execution_id"
        } else {
            source = "executions e LEFT JOIN ready r ON r.execution_id = e.id"
            id = "e.id"
        }
        list.shape.append(isLive ? "l" : "e")
        list.filter(query, id: id)
        list.conditions.append("NOT EXISTS (SELECT FROM deletions d WHERE d.root_id = e.root_id)")
        if ended == nil, !query.statuses.isEmpty {
            list.add("s", .array(.int2s(query.statuses.map(\.code)))) { "\(status) = ANY(\($0)::smallint[])" }
        }
        let condition = list.conditions.isEmpty ? "" : "WHERE " + list.conditions.joined(separator: " AND ")
        list.parameters += [.int8(Int64(max(0, query.limit))), .int8(Int64(max(0, query.offset)))]
        let sql = """
            SELECT x.id, \(ReadQueries.record), x.status
            FROM (
                SELECT e.id, e.state, \(ReadQueries.covered) AS covered, \(status) AS status, \(owner) AS owner,
                    r.claim_id, r.next_at, r.needs
                FROM \(source) \(condition)
                ORDER BY \(id) DESC LIMIT $\(list.parameters.count - 1)::bigint OFFSET $\(list.parameters.count)::bigint
            ) x \(ReadQueries.itsRows)
            ORDER BY x.id DESC, l.seq
            """
        return PostgresQuery(PostgresStatement("list_" + String(list.shape), sql), list.parameters)
    }

    private mutating func filter(_ query: ExecutionQuery, id: String) {
        if let before = query.before { add("b", .uuid(before.postgres)) { "\(id) < \($0)" } }
        if let parent = query.parentID { add("p", .uuid(parent.postgres)) { "e.parent_id = \($0)" } }
        if let root = query.rootID {
            add("r", .uuid(root.postgres)) { "(e.id = \($0) OR (e.root_id = \($0) AND e.parent_id IS NOT NULL))" }
        }
        if let flow = query.flowID { add("f", .text(flow)) { "e.flow = \($0)" } }
        if let prefix = query.flowPrefix {
            add("x", .text(prefix)) { "e.flow ^@ \($0)" }
        }
        if let worker = query.workerID {
            add("w", .uuid(worker.postgres)) {
                "r.owner = \($0) AND r.next_at > COALESCE($1::timestamptz, statement_timestamp())"
            }
        }
        if let tag = query.tag { add("g", .text(tag)) { "e.tag = \($0) AND e.tag IS NOT NULL" } }
        if let tenant = query.tenantID { add("t", .text(tenant)) { "e.tenant = \($0) AND e.tenant <> ''" } }
        if let after = query.createdAfter { add("a", .timestamptz(after.microseconds)) { "e.created_at >= \($0)" } }
        if let before = query.createdBefore { add("c", .timestamptz(before.microseconds)) { "e.created_at < \($0)" } }
    }

    /// Whoever holds it by a lease that runs.
    private static let owner = "CASE WHEN r.next_at > COALESCE($1::timestamptz, statement_timestamp()) THEN r.owner END"

    /// Running is what somebody holds, whatever the snapshot says.
    private static let status = """
        CASE WHEN e.status < 10 AND r.owner IS NOT NULL AND r.next_at > COALESCE($1::timestamptz, statement_timestamp())
            THEN 1::smallint ELSE e.status END
        """
}
