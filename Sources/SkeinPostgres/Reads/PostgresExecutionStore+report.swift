import PostgresClient
public import Skein
public import SkeinCore

extension PostgresExecutionStore {
    public func report(_ query: ReportQuery) async throws -> [JSONObject]? {
        guard let schema else { return nil }
        guard [.events, .attempts].contains(query.view) else { return try await rows(query, in: schema) }
        // These are read out of the log, so the latest of them are looked for in stretches of time that grow.
        let end = query.until ?? clock.now
        var stretch = Duration.seconds(1)
        while stretch < .seconds(400 * 86_400), end + (.zero - stretch) > query.since ?? Timestamp(microseconds: 0) {
            var latest = query
            latest.since = end + (.zero - stretch)
            let found = try await rows(latest, in: schema)
            if found.count >= query.limit { return found }
            stretch *= 8
        }
        return try await rows(query, in: schema)
    }

    private func rows(_ query: ReportQuery, in schema: SchemaName) async throws -> [JSONObject] {
        var parameters: [PostgresParameter] = []
        var conditions: [String] = []
        func add(_ parameter: PostgresParameter, _ condition: (String) -> String) {
            parameters.append(parameter)
            conditions.append(condition("$\(parameters.count)"))
        }
        if let time = query.view.time {
            if let since = query.since { add(.timestamptz(since.microseconds)) { "v.\(time) >= \($0)" } }
            if let until = query.until { add(.timestamptz(until.microseconds)) { "v.\(time) < \($0)" } }
        }
        if query.view.hasFlow {
            if let flow = query.flowID { add(.text(flow)) { "v.flow_id = \($0)" } }
            if let tenant = query.tenantID { add(.text(tenant)) { "v.tenant_id = \($0)" } }
        }
        parameters.append(.int4(Int32(clamping: max(1, min(10_000, query.limit)))))
        // Events of one row have one time.
        let ties = [.events, .attempts].contains(query.view) ? ", v.execution_id DESC, v.seq DESC" : ""
        let order = query.view.time.map { "ORDER BY v.\($0) DESC\(ties)" } ?? ""
        let sql = """
            SELECT row_to_json(r)::text
            FROM (
                SELECT * FROM \(schema.reports.quoted).\(query.view.rawValue)_v1 v
                \(conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")) \(order) LIMIT $\(parameters.count)
            ) r
            """
        // By name of its shape: each combination has a plan of its own.
        let name =
            "report_\(query.view.rawValue)_\(conditions.map { String($0.prefix { $0 != " " }.suffix(4)) }.joined())"
        let asked = PostgresQuery(PostgresStatement(name, sql), parameters)
        let result = try await insist { try await connections.reports.query(asked, timeout: .seconds(60)) }
        return try await once { try result.rows.map { try $0.string(0) } }.map { text in
            var object = JSONObject()
            for (key, value) in try JSONValue(parsing: Array(text.utf8), limits: .stored).object ?? [:] {
                object[key.camelCase] = value.asTime ?? value
            }
            return object
        }
    }

    public func auditTrail(_ query: AuditTrailQuery) async throws -> [AuditTrailEntry] {
        let asked = PostgresQuery(
            AuditQueries.trail,
            [
                .text(query.target), .text(query.action), .text(query.actor), .int8(query.before),
                .int4(Int32(clamping: query.limit)),
            ])
        let result = try await insist { try await connections.reports.query(asked) }
        return try await once {
            try result.rows.map { row in
                AuditTrailEntry(
                    id: try row.int64(0), at: try row.time(1), action: try row.string(2), target: try row.string(3),
                    by: Intervention(
                        actor: try row.stringIfPresent(4), reason: try row.stringIfPresent(5),
                        requestID: try row.stringIfPresent(6)),
                    details: (try? JSONValue(parsing: try row.string(7)))?.object ?? [:])
            }
        }
    }
}

extension String {
    /// `started_at` as `startedAt`.
    fileprivate var camelCase: String {
        let parts = split(separator: "_")
        return parts.dropFirst().reduce(String(parts.first ?? "")) { $0 + $1.prefix(1).uppercased() + $1.dropFirst() }
    }
}

extension JSONValue {
    /// An instant as JSON documents of PostgreSQL have it, as the API writes it; nil: it is none.
    fileprivate var asTime: JSONValue? {
        guard let text = string, text.hasSuffix("+00:00"), text.utf8.count <= 32,
            let time = Timestamp(String(text.dropLast(6)) + "Z")
        else { return nil }
        return .string(time.description)
    }
}
