import PostgresClient
import Testing

@Suite("Batches and errors", .needsServer, .timeLimit(.minutes(1)))
struct BatchTests {
    private func table(_ connection: PostgresConnection) async throws {
        try await connection.simple(
            """
            CREATE TEMPORARY TABLE item (id int4 CONSTRAINT item_key PRIMARY KEY, note text,
              peer int4 CONSTRAINT item_peer REFERENCES item DEFERRABLE INITIALLY DEFERRED)
            """)
    }

    private let insert = PostgresStatement("insert-item", "INSERT INTO item (id) VALUES ($1)")

    private func count(_ connection: PostgresConnection) async throws -> Int64 {
        try await connection.run("SELECT count(*) FROM item").rows[0].int64(0)
    }

    @Test("a batch is one transaction: a later failure undoes what came before and names its statement")
    func atomic() async throws {
        let connection = try await TestServer.connect()
        try await table(connection)
        let results = try await connection.batch([.init(insert, [.int4(1)]), statement("SELECT 7 AS seven")])
        #expect(results.map(\.affected) == [1, 1])
        #expect(results[0].commandTag == "INSERT 0 1")
        #expect(try results[1].rows[0].int32(try results[1].index(of: "seven")) == 7)
        let error = try await failure {
            try await connection.batch([
                .init(insert, [.int4(2)]), .init(insert, [.int4(1)]), .init(insert, [.int4(3)]),
            ])
        }
        #expect(error.isUniqueViolation)
        #expect(error.constraint == "item_key")
        #expect(error.table == "item")
        #expect(error.statement == "insert-item")
        #expect(error.code == .server)
        #expect(!error.outcomeUnknown)
        #expect(try await count(connection) == 1)
    }

    @Test("a constraint that fails at commit fails the batch")
    func deferred() async throws {
        let connection = try await TestServer.connect()
        try await table(connection)
        let peer = statement("INSERT INTO item (id, peer) VALUES ($1, $2)", [.int4(1), .int4(99)])
        let error = try await failure { try await connection.batch([peer, statement("SELECT 1")]) }
        #expect(error.isForeignKeyViolation)
        #expect(error.constraint == "item_peer")
        #expect(try await failure { try await connection.query(peer) }.isForeignKeyViolation)
        #expect(try await count(connection) == 0)
    }

    @Test("statements first seen in a failed batch work afterwards, wherever the failure was")
    func preparationAfterFailure() async throws {
        let connection = try await TestServer.connect()
        let bad = statement("SELECT 1 / $1::int4", [.int4(0)])
        let before = statement("SELECT 'before'")
        let after = statement("SELECT 'after'")
        for _ in 0..<2 {
            #expect(try await failure { try await connection.batch([before, bad, after]) }.sqlState == "22012")
        }
        #expect(try await connection.batch([after, before]).map { try $0.rows[0].string(0) } == ["after", "before"])
        #expect(try await connection.run("SELECT 1 / $1::int4", [.int4(1)]).rows[0].int32(0) == 1)
    }

    @Test("concurrent first uses of a statement that fails to parse all get its error")
    func concurrentBadStatement() async throws {
        let connection = try await TestServer.connect(.multiplexed)
        try await withThrowingTaskGroup { group in
            for _ in 0..<50 {
                group.addTask { try await failure { try await connection.run("SELECT * FROM no_such_table") } }
            }
            for try await error in group { #expect(error.isUndefinedTable) }
        }
        #expect(try await connection.run("SELECT 1").rowCount == 1)
    }

    @Test("a failing query leaves its concurrent neighbours alone")
    func neighbours() async throws {
        let connection = try await TestServer.connect(.multiplexed)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<200 {
                group.addTask { () async throws -> Void in
                    let divisor = Int32(index % 4)
                    let query = statement("SELECT 100 / $1::int4, $2", [.int4(divisor), .int4(Int32(index))])
                    if divisor == 0 {
                        #expect(try await failure { try await connection.query(query) }.sqlState == "22012")
                    } else {
                        #expect(try await connection.query(query).rows[0].int32(1) == Int32(index))
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("statements deallocated, taken or made stale behind the client's back are prepared again")
    func statementsLost() async throws {
        let connection = try await TestServer.connect()
        let one = statement("SELECT 1")
        _ = try await connection.query(one)
        try await connection.simple("DEALLOCATE ALL")
        #expect(try await connection.query(one).rows[0].int32(0) == 1)
        try await connection.simple("PREPARE taken AS SELECT 'theirs'")
        let ours = PostgresQuery(PostgresStatement("taken", "SELECT 'ours'"))
        #expect(try await connection.query(ours).rows[0].string(0) == "ours")
        try await connection.simple("CREATE TEMPORARY TABLE shape (a int4); INSERT INTO shape VALUES (1)")
        let all = statement("SELECT * FROM shape")
        #expect(try await connection.query(all).columns.count == 1)
        try await connection.simple("ALTER TABLE shape ADD COLUMN b text DEFAULT 'b'")
        #expect(try await connection.query(all).columns.map(\.name) == ["a", "b"])
        let twice = PostgresQuery(PostgresStatement("taken", "SELECT 'other'"))
        #expect(try await connection.query(twice).rows[0].string(0) == "other")
    }

    @Test("the same statement takes parameters of other types")
    func otherTypes() async throws {
        let connection = try await TestServer.connect()
        #expect(try await connection.run("SELECT $1", [.int4(4)]).columns[0].oid == .int4)
        #expect(try await connection.run("SELECT $1", [.text("x")]).columns[0].oid == .text)
        #expect(try await connection.run("SELECT $1", [.int4(4)]).rows[0].int32(0) == 4)
    }

    @Test("wrong SQL and wrong numbers of parameters are errors of the server, not of the connection")
    func mistakes() async throws {
        let connection = try await TestServer.connect()
        #expect(try await failure { try await connection.run("SELEKT") }.sqlState == "42601")
        #expect(try await failure { try await connection.run("SELECT $1::int4, $2::int4", [.int4(1)]) }.code == .server)
        #expect(try await failure { try await connection.run("SELECT 1 FROM no_schema.t") }.isUndefinedTableOrSchema)
        #expect(try await failure { try await connection.run("COPY pg_class TO STDOUT") }.code != .decoding)
        let fresh = try await TestServer.connect()
        #expect(try await fresh.batch([]).isEmpty)
        #expect(try await fresh.run("").rowCount == 0)
    }

    @Test("scripts run with their own transactions, and a broken one is rolled back")
    func scripts() async throws {
        let connection = try await TestServer.connect()
        try await table(connection)
        try await connection.simple("BEGIN; INSERT INTO item (id) VALUES (1); COMMIT; INSERT INTO item (id) VALUES (2)")
        #expect(try await count(connection) == 2)
        let error = try await failure {
            try await connection.simple("BEGIN; INSERT INTO item (id) VALUES (3); SELECT 1/0; COMMIT")
        }
        #expect(error.sqlState == "22012")
        #expect(!connection.inTransaction)
        #expect(try await count(connection) == 2)
        async let script: Void = connection.simple("SELECT pg_sleep(0)")
        async let rows = connection.run("SELECT 5")
        try await script
        #expect(try await rows.rows[0].int32(0) == 5)
    }
}
