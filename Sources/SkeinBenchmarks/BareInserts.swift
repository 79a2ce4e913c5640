import Logging
import PostgresClient
import SkeinCore
import Synchronization

/// The limit: the same rows, inserted by two connections in batches of 500, with nothing else to do.
struct BareInserts {
    let environment: BenchEnvironment
    let bodies: [[UInt8]]

    private static let batch = 500
    private static let insert = PostgresStatement(
        "bench_bare",
        """
        INSERT INTO bare(execution_id, seq, n, kind, op_id, body)
        SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::smallint[], $4::smallint[], $5::uuid[], $6::bytea[])
        """)

    init(_ environment: BenchEnvironment, bodies: [[UInt8]]) {
        self.environment = environment
        self.bodies = bodies
    }

    func perSecond(_ time: Double) async throws -> Double {
        try await environment.script(
            """
            DROP TABLE IF EXISTS \(environment.schema).bare;
            CREATE TABLE \(environment.schema).bare (execution_id uuid NOT NULL, seq bigint NOT NULL, n smallint NOT NULL, kind smallint NOT NULL,
              op_id uuid NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp(), body bytea, PRIMARY KEY (execution_id, seq))
            """)
        let inserted = Atomic<Int>(0)
        let start = ContinuousClock.now
        let end = start + .seconds(time)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    let channel = makeChannel()
                    while ContinuousClock.now < end {
                        _ = try await channel.batch([query()])
                        inserted.add(Self.batch, ordering: .relaxed)
                    }
                    await channel.close()
                }
            }
            try await group.waitForAll()
        }
        return Double(inserted.load(ordering: .relaxed)) / seconds(ContinuousClock.now - start)
    }

    private func makeChannel() -> PostgresChannel {
        var configuration = PostgresConfiguration(connectionString: environment.databaseURL)
        configuration.settings = ["search_path": environment.schema, "jit": "off", "plan_cache_mode": "force_generic_plan"]
        return PostgresChannel(configuration: configuration, use: .exclusive, logger: Logger(label: "bare"))
    }

    /// The rows of whole executions, sorted as the engine sorts them.
    private func query() -> PostgresQuery {
        var generator = SystemRandomNumberGenerator()
        var ids: [PostgresUUID] = []
        var seqs: [Int64] = []
        var rows: [[UInt8]] = []
        var operations: [PostgresUUID] = []
        while ids.count < Self.batch {
            let now = Timestamp(microseconds: Int64(Wall.microseconds()))
            let id = UniqueID.v7(at: now, random: generator.next())
            for (index, body) in bodies.enumerated() where ids.count < Self.batch {
                ids.append(PostgresUUID(high: id.high, low: id.low))
                seqs.append(Int64(index + 1))
                rows.append(body)
                operations.append(PostgresUUID(high: generator.next(), low: generator.next()))
            }
        }
        let ones = [Int16](repeating: 1, count: ids.count)
        return PostgresQuery(
            Self.insert,
            [
                .array(.uuids(ids)), .array(.int8s(seqs)), .array(.int2s(ones)), .array(.int2s(ones)), .array(.uuids(operations)),
                .array(.byteas(rows)),
            ])
    }
}
