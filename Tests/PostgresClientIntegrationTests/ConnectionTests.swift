import PostgresClient
import Synchronization
import Testing

@Suite("Connections", .needsServer, .timeLimit(.minutes(2)))
struct ConnectionTests {
    @Test("ten thousand concurrent queries each get their own answer")
    func multiplexed() async throws {
        let connection = try await TestServer.connect(.multiplexed)
        try await withThrowingTaskGroup { group in
            for index in 0..<10_000 {
                group.addTask {
                    let result = try await connection.run("SELECT $1", [.int4(Int32(index))])
                    return try result.rows[0].int32(0) == Int32(index)
                }
            }
            for try await isOwn in group { #expect(isOwn) }
        }
    }

    @Test("a pipeline larger than every buffer does not block itself")
    func bigPipeline() async throws {
        let connection = try await TestServer.connect()
        let blob = [UInt8](repeating: 7, count: 20_000)
        let echo = statement("SELECT $1", [.bytea(blob)])
        let results = try await connection.batch(Array(repeating: echo, count: 500))
        #expect(results.count == 500)
        #expect(try results.allSatisfy { try $0.rows[0].bytes(0) == blob })
        let blobs = PostgresParameter.array(.byteas(Array(repeating: blob, count: 500)))
        #expect(try await connection.run("SELECT * FROM unnest($1)", [blobs]).rowCount == 500)
    }

    @Test("settings and identity are there from the start")
    func handshake() async throws {
        let counters = PostgresCounters()
        let connection = try await TestServer.connect {
            $0.settings = ["search_path": "pg_catalog", "lock_timeout": "1234ms", "jit": "off"]
            $0.counters = counters
        }
        let row = try await connection.run(
            "SELECT current_setting('lock_timeout'), current_setting('application_name'), pg_backend_pid()"
        ).rows[0]
        #expect(try row.string(0) == "1234ms")
        #expect(try row.string(1) == "skein")
        #expect(try row.int32(2) == connection.serverIdentity.backendPID)
        #expect(connection.serverIdentity.versionNumber >= 140_000)
        #expect(connection.serverIdentity.timeline >= 1)
        #expect(!connection.serverIdentity.isInRecovery)
        #expect(counters.connects.load(ordering: .relaxed) == 1)
        #expect(counters.syncs.load(ordering: .relaxed) == 2)
    }

    @Test("the death of the backend fails what is in flight with an unknown outcome")
    func terminated() async throws {
        let admin = try await TestServer.connect()
        let victim = try await TestServer.connect(.multiplexed)
        let pid = victim.serverIdentity.backendPID
        async let sleeping = failure { try await victim.run("SELECT pg_sleep(60)") }
        try await waitUntil(
            admin, "SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = $1 AND query LIKE '%pg_sleep(60)%'",
            [.int4(pid)])
        // Only now, or it could be answered before the other one is sent.
        async let behind = failure { try await victim.run("SELECT 2") }
        _ = try await admin.run("SELECT pg_terminate_backend($1)", [.int4(pid)])
        let error = try await sleeping
        #expect(error.outcomeUnknown)
        #expect(error.isConnectionFailure)
        #expect(error.sqlState == "57P01")
        #expect(try await behind.isConnectionFailure)
        #expect(victim.isClosed)
        let later = try await failure { try await victim.run("SELECT 1") }
        #expect(later.isConnectionFailure)
        #expect(!later.outcomeUnknown)
    }

    @Test("a command past its deadline costs the connection, with an unknown outcome")
    func commandTimeout() async throws {
        let connection = try await TestServer.connect()
        let error = try await failure {
            try await connection.run("SELECT pg_sleep(60)", timeout: .milliseconds(50))
        }
        #expect(error.code == .commandTimeout)
        #expect(error.outcomeUnknown)
        #expect(connection.isClosed)
    }

    @Test("cancelling a task cancels its query and the connection can be used again")
    func cancelExclusive() async throws {
        let admin = try await TestServer.connect()
        let connection = try await TestServer.connect()
        let sleeper = Task { try await connection.run("SELECT pg_sleep(61)") }
        try await waitUntil(
            admin,
            "SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = $1 AND state = 'active' AND query LIKE '%(61)%'",
            [.int4(connection.serverIdentity.backendPID)])
        sleeper.cancel()
        #expect(try await failure { try await sleeper.value }.isQueryCanceled)
        #expect(try await connection.run("SELECT 1").rowCount == 1)
    }

    @Test("cancelling a task on a shared connection leaves the others alone")
    func cancelMultiplexed() async throws {
        let admin = try await TestServer.connect()
        let connection = try await TestServer.connect(.multiplexed)
        let lock: Int64 = 4_711_001
        try await admin.simple("SELECT pg_advisory_lock(\(lock))")
        let blocked = Task { try await connection.run("SELECT pg_advisory_xact_lock($1)", [.int8(lock)]) }
        try await waitUntil(
            admin, "SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'advisory'",
            [.int4(connection.serverIdentity.backendPID)])
        async let other = connection.run("SELECT 8")
        blocked.cancel()
        let error = try await failure { try await blocked.value }
        #expect(error.code == .cancelled)
        #expect(error.outcomeUnknown)
        try await admin.simple("SELECT pg_advisory_unlock(\(lock))")
        #expect(try await other.rows[0].int32(0) == 8)
    }

    @Test("a task cancelled before its command is sent gets CancellationError")
    func cancelUnsent() async throws {
        let connection = try await TestServer.connect()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await connection.run("SELECT 1")
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        await connection.close()
        #expect(try await failure { try await connection.run("SELECT 1") }.code == .closed)
    }

    @Test("a transaction left open on a shared connection costs the connection")
    func openTransactionShared() async throws {
        let connection = try await TestServer.connect(.multiplexed)
        _ = try? await connection.run("BEGIN")
        _ = try? await connection.run("SELECT 1")
        #expect(connection.isClosed)
    }

    @Test("the second host is used when the first is dead")
    func multiHost() async throws {
        let url = TestServer.url
        let host = url.split(separator: "@").last?.split(separator: "/").first ?? ""
        let connection = try await TestServer.connect {
            $0.connectionString = url.split(separator: host, maxSplits: 1).joined(separator: "127.0.0.1:1,\(host)")
            #expect($0.connectionString.contains("127.0.0.1:1,"))
        }
        #expect(try await connection.run("SELECT 1").rowCount == 1)
    }

    @Test(
        "failures to connect are clear and keep the password",
        arguments: [
            "postgres://postgres:hunter2@127.0.0.1:1/clienttest", "postgres://postgres:hunter2@no-such-host.invalid/x",
            "postgres://postgres:hunter2@127.0.0.1:55432/no_such_database_hunter2",
            "postgres://no_such_role:hunter2@127.0.0.1:55432/clienttest", "postgres://postgres:p@hunter2@host/x",
            "postgres://postgres:hunter2@[bad/x", "host=x password='hunter2", "password=hunter2 nonsense=1",
        ])
    func badConnections(string: String) async throws {
        let error = try await failure { try await TestServer.connect { $0.connectionString = string } }
        #expect(error.isConnectionFailure || error.code == .misuse)
        #expect(!"\(error)".contains("hunter2"))
        #expect(!error.message.isEmpty)
        var configuration = TestServer.configuration
        configuration.connectionString = string
        #expect(!"\(configuration) \(String(reflecting: configuration))".contains("hunter2"))
    }

    @Test("a wrong setting fails the connection with the server's reason")
    func badSetting() async throws {
        let error = try await failure { try await TestServer.connect { $0.settings = ["lock_timeout": "soon"] } }
        #expect(error.sqlState == "22023")
    }
}
