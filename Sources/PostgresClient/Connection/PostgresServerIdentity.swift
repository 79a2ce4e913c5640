/// Which server, and which life of it, a connection talks to; read right after connecting.
package struct PostgresServerIdentity: Hashable, Sendable {
    /// `server_version_num`, such as 150020.
    package let versionNumber: Int
    /// True on a standby: nothing can be written.
    package let isInRecovery: Bool
    /// Made once by initdb and shared by all copies of a cluster.
    package let systemIdentifier: Int64
    /// The timeline of the last checkpoint; it grows with every promotion.
    package let timeline: Int32
    /// When the postmaster started, in microseconds since 1970.
    package let postmasterStart: Int64
    /// The process that serves this connection.
    package let backendPID: Int32

    /// True when both are the same running server: everything but the backend is equal.
    package func isSameIncarnation(as other: PostgresServerIdentity) -> Bool {
        versionNumber == other.versionNumber && isInRecovery == other.isInRecovery
            && systemIdentifier == other.systemIdentifier && timeline == other.timeline
            && postmasterStart == other.postmasterStart
    }
}

extension PostgresServerIdentity {
    static let statement = PostgresStatement(
        "pg_client_identity",
        """
        SELECT current_setting('server_version_num')::int4, pg_is_in_recovery(), s.system_identifier, c.timeline_id,
               pg_postmaster_start_time(), pg_backend_pid()
        FROM pg_control_system() s, pg_control_checkpoint() c
        """)

    static let settings = PostgresStatement(
        "pg_client_settings",
        "SELECT set_config(name, value, false) FROM unnest($1::text[], $2::text[]) AS s(name, value)")

    /// The first questions on a new connection: its settings, then who answers.
    static func handshake(_ configuration: PostgresConfiguration) -> [PostgresQuery] {
        let pairs = configuration.settings.sorted { $0.key < $1.key }
        let names = PostgresArray.texts(pairs.map(\.key))
        let settingsQuery = PostgresQuery(settings, [.array(names), .array(.texts(pairs.map(\.value)))])
        let listen = configuration.listensTo.map { name in
            PostgresQuery(
                PostgresStatement(adHoc: "LISTEN \"\(name.replacing("\"", with: "\"\""))\""))
        }
        return (pairs.isEmpty ? [] : [settingsQuery]) + [listen].compactMap(\.self) + [PostgresQuery(statement)]
    }

    init(handshake results: [PostgresResult]) throws(PostgresError) {
        guard let row = results.last?.first else { throw .decoding("the server did not say who it is") }
        versionNumber = Int(try row.int32(0))
        isInRecovery = try row.bool(1)
        systemIdentifier = try row.int64(2)
        timeline = try row.int32(3)
        postmasterStart = try row.timestamp(4)
        backendPID = try row.int32(5)
    }
}
