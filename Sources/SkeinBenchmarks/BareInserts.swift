import Logging
import PostgresClient
import SkeinCore

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
            CREATE TABLE \(environment.schema).bare (execution_id uuid NOT NULL, seq bigint NOT NULL, n smallint NOT NULL, kind smallint NOT NULL,
              op_id uuid NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp(), body bytea, PRIMARY KEY (execution_id, seq))
            """)
        let inserted = Count()
        let start = ContinuousClock.now
        let end = start + .seconds(time)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    let channel = makeChannel()
                    while ContinuousClock.now < end {
                        _ = try await channel.batch([query()])
                        inserted.add(Self.batch)
                    }
                    await channel.close()
                }
            }
            try await group.waitForAll()
        }
        let rate = Double(inserted.value) / seconds(ContinuousClock.now - start)
        // Autovacuum would take it up while the other side of the pair is measured.
        try await environment.script("DROP TABLE \(environment.schema).bare")
        return rate
    }

    private func makeChannel() -> PostgresChannel {
        var configuration = PostgresConfiguration(connectionString: environment.databaseURL)
        configuration.settings = [
            "search_path": environment.schema, "jit": "off", "plan_cache_mode": "force_generic_plan",
        ]
        return PostgresChannel(configuration: configuration, use: .exclusive, logger: Logger(label: "bare"))
    }

    /// The rows of whole executions, sorted as the engine sorts them.
    private func query() -> PostgresQuery {
        var generator = Scrambler()
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
                .array(.uuids(ids)), .array(.int8s(seqs)), .array(.int2s(ones)), .array(.int2s(ones)),
                .array(.uuids(operations)),
                .array(.byteas(rows)),
            ])
    }
}

/// Random enough for ids, without asking the kernel each time.
struct Scrambler: RandomNumberGenerator {
    private var state = UInt64.random(in: 0 ... .max)

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
