import PostgresClient
public import Skein
public import SkeinCore

extension PostgresExecutionStore {
    public func register(_ flow: FlowSpec) async throws -> FlowRegistration {
        if let code = flow.json.exceeds(.stored) {
            throw StoreError(.invalid, "a flow that could not be read back: \(code)")
        }
        let version = "\(flow.version)"
        let text = String(decoding: flow.json.serialized(), as: UTF8.self)
        let insert = PostgresQuery(ReadQueries.registerFlow, [.text(flow.id), .text(version), .text(text)] + caller)
        let isNew = try await insist { try await connections.pool.query(insert).rowCount > 0 }
        if isNew { return .new }
        return try await definition(flow.id, version: version) == flow.json ? .identical : .conflict
    }

    public func flow(_ id: String, version: String?) async throws -> JSONValue? {
        if let version { return try await definition(id, version: version) }
        guard let latest = try await versions(of: id).first else { return nil }
        return try await definition(id, version: latest)
    }

    public func flows() async throws -> [JSONValue] {
        let rows = try await insist {
            try await connections.pool.query(PostgresQuery(ReadQueries.allVersions)).rows.map {
                (try $0.string(0), try $0.string(1))
            }
        }
        let latest = Dictionary(grouping: rows) { $0.0 }.compactMap { id, rows in
            Self.newestFirst(rows.map(\.1)).first.map { (id, $0) }
        }
        let query = PostgresQuery(
            ReadQueries.theseFlows, [.array(.texts(latest.map(\.0))), .array(.texts(latest.map(\.1)))])
        let result = try await insist { try await connections.pool.query(query) }
        return try result.rows.map { try JSONValue(parsing: $0.bytes(0), limits: .stored) }
    }

    public func versions(of id: String) async throws -> [String] {
        let query = PostgresQuery(ReadQueries.versions, [.text(id)])
        let versions = try await insist { try await connections.reads.query(query).rows.map { try $0.string(0) } }
        return Self.newestFirst(versions)
    }

    private func definition(_ id: String, version: String) async throws -> JSONValue? {
        let query = PostgresQuery(ReadQueries.flow, [.text(id), .text(version)])
        let bytes = try await insist { try await connections.reads.query(query).first?.bytes(0) }
        return try bytes.map { try JSONValue(parsing: $0, limits: .stored) }
    }

    /// By semantic version; what is none comes last.
    private static func newestFirst(_ versions: [String]) -> [String] {
        versions.map { ($0, SemanticVersion($0)) }
            .sorted { lhs, rhs in
                switch (lhs.1, rhs.1) {
                case (let left?, let right?): left > right
                case (.some, nil): true
                case (nil, .some): false
                case (nil, nil): lhs.0 > rhs.0
                }
            }
            .map(\.0)
    }
}
