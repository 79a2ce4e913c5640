import PostgresClient
import Testing

@Suite("Pools", .needsServer, .timeLimit(.minutes(1)))
struct PoolTests {
    private func pool(_ maximum: Int, acquire: Duration = .seconds(10)) -> PostgresPool {
        PostgresPool(
            configuration: TestServer.configuration, maximum: maximum, acquireTimeout: acquire,
            logger: TestServer.logger)
    }

    @Test("never more connections than allowed, and they are used again")
    func bound() async throws {
        let pool = pool(3)
        try await withThrowingTaskGroup { group in
            for _ in 0..<100 {
                group.addTask { try await pool.withConnection { $0.serverIdentity.backendPID } }
            }
            var backends: Set<Int32> = []
            for try await backend in group { backends.insert(backend) }
            #expect(backends.count <= 3)
        }
        #expect(pool.statistics.open <= 3)
        #expect(pool.statistics.idle == pool.statistics.open)
        #expect(pool.statistics.waiting == 0)
        await pool.close()
        #expect(pool.statistics.open == 0)
        #expect(try await failure { try await pool.query(statement("SELECT 1")) }.code == .closed)
    }

    @Test("waiting for a connection ends with poolTimeout")
    func timeout() async throws {
        let pool = pool(1, acquire: .milliseconds(300))
        try await pool.withConnection { _ in
            let error = try await failure { try await pool.query(statement("SELECT 1")) }
            #expect(error.code == .poolTimeout)
        }
        #expect(pool.statistics.waiting == 0)
        #expect(try await pool.query(statement("SELECT 1")).rowCount == 1)
    }

    @Test("a cancelled waiter leaves the line and the next one is served")
    func cancelledWaiter() async throws {
        let pool = pool(1)
        let second = try await pool.withConnection { _ in
            let first = Task { try await pool.query(statement("SELECT 1")) }
            while pool.statistics.waiting < 1 { await Task.yield() }
            let second = Task { try await pool.query(statement("SELECT 2")) }
            while pool.statistics.waiting < 2 { await Task.yield() }
            first.cancel()
            await #expect(throws: CancellationError.self) { try await first.value }
            #expect(pool.statistics.waiting == 1)
            return second
        }
        #expect(try await second.value.rows[0].int32(0) == 2)
    }

    @Test("a transaction commits when its body returns")
    func commit() async throws {
        let pool = pool(1)
        let table = "pool_commit"
        try await pool.withConnection {
            try await $0.simple("DROP TABLE IF EXISTS \(table); CREATE TABLE \(table) (a int4)")
        }
        try await pool.withTransaction { _ = try await $0.query(statement("INSERT INTO \(table) VALUES (1)")) }
        let other = try await TestServer.connect()
        #expect(try await other.run("SELECT count(*) FROM \(table)").rows[0].int64(0) == 1)
        await #expect(throws: Mishap.self) {
            try await pool.withTransaction { transaction in
                _ = try await transaction.query(statement("INSERT INTO \(table) VALUES (2)"))
                throw Mishap()
            }
        }
        let cancelled = Task {
            try await pool.withTransaction { transaction in
                _ = try await transaction.query(statement("INSERT INTO \(table) VALUES (3)"))
                withUnsafeCurrentTask { $0?.cancel() }
            }
        }
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        let swallowed = try await failure {
            try await pool.withTransaction { transaction in
                _ = try await transaction.query(statement("INSERT INTO \(table) VALUES (4)"))
                _ = try? await transaction.query(statement("SELECT 1/0"))
            }
        }
        #expect(swallowed.code == .rolledBack)
        #expect(try await other.run("SELECT count(*) FROM \(table)").rows[0].int64(0) == 1)
        #expect(pool.statistics.open == 1)
        try await other.simple("DROP TABLE \(table)")
    }

    @Test("a transaction left open by withConnection is rolled back before the next borrower")
    func leftOpen() async throws {
        let pool = pool(1)
        try await pool.withConnection { try await $0.simple("BEGIN") }
        try await pool.withConnection { #expect(!$0.inTransaction) }
        #expect(pool.statistics.open == 1)
    }

    @Test("cancelling a task cancels its query and the connection goes back to the pool")
    func cancelQuery() async throws {
        let pool = pool(1)
        let admin = try await TestServer.connect()
        let pid = try await pool.withConnection { $0.serverIdentity.backendPID }
        let sleeper = Task { try await pool.withTransaction { try await $0.query(statement("SELECT pg_sleep(62)")) } }
        try await waitUntil(
            admin,
            "SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = $1 AND state = 'active' AND query LIKE '%(62)%'",
            [.int4(pid)])
        sleeper.cancel()
        #expect(try await failure { try await sleeper.value }.isQueryCanceled)
        #expect(try await pool.withConnection { $0.serverIdentity.backendPID } == pid)
    }

    @Test("a broken connection is replaced")
    func replaced() async throws {
        let pool = pool(1)
        let admin = try await TestServer.connect()
        let first = try await pool.withConnection { $0.serverIdentity.backendPID }
        _ = try await pool.withConnection { connection in
            _ = try await admin.run("SELECT pg_terminate_backend($1)", [.int4(first)])
            return try await failure { while true { _ = try await connection.run("SELECT 1") } }
        }
        #expect(try await pool.withConnection { $0.serverIdentity.backendPID } != first)
    }

    @Test("no server: the failure to connect is reported when the time is over")
    func noServer() async throws {
        var configuration = TestServer.configuration
        configuration.connectionString = "postgres://x@127.0.0.1:1/x"
        let pool = PostgresPool(
            configuration: configuration, maximum: 1, acquireTimeout: .milliseconds(200), logger: TestServer.logger)
        #expect(try await failure { try await pool.query(statement("SELECT 1")) }.isConnectionFailure)
        #expect(pool.statistics.open == 0)
    }
}

private struct Mishap: Error {}
