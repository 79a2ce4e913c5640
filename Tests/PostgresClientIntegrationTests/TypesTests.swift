import PostgresClient
import Testing

@Suite("Values on the wire", .needsServer, .timeLimit(.minutes(1)))
struct TypesTests {
    @Test("every scalar comes back as it was sent, NULL included")
    func scalars() async throws {
        let connection = try await TestServer.connect()
        let uuid = PostgresUUID(high: 0x0123_4567_89ab_cdef, low: 0xfedc_ba98_7654_3210)
        let row = try #require(
            try await connection.run(
                "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 AS last",
                [
                    .bool(true), .int2(-2), .int4(.min), .int8(.max), .text("grüße 🧵"), .bytea([0, 255]), .uuid(uuid),
                    .timestamptz(1), .jsonb(Array(#"{"a": 1}"#.utf8)), .double(-0.5),
                ]
            ).first)
        #expect(try row.bool(0))
        #expect(try row.int16(1) == -2)
        #expect(try row.int32(2) == .min)
        #expect(try row.int64(3) == .max)
        #expect(try row.string(4) == "grüße 🧵")
        #expect(try row.bytes(5) == [0, 255])
        #expect(try row.uuid(6) == uuid)
        #expect(try row.timestamp(7) == 1)
        #expect(try row.bytes(8) == Array(#"{"a": 1}"#.utf8))
        #expect(try row.double(row["last"]) == -0.5)
        #expect(try row.text(6) == "01234567-89ab-cdef-fedc-ba9876543210")
        let nulls = try #require(
            try await connection.run(
                "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11",
                [
                    .bool(nil), .int2(nil), .int4(nil), .int8(nil), .text(nil), .bytea(nil), .uuid(nil),
                    .timestamptz(nil), .jsonb(nil), .double(nil), .null(.text),
                ]
            ).first)
        for column in 0..<11 { #expect(try nulls.isNull(column)) }
        #expect(try nulls.int64IfPresent(3) == nil)
        #expect(throws: PostgresError.self) { try nulls.int64(3) }
    }

    @Test("empty values are not NULL")
    func emptyValues() async throws {
        let connection = try await TestServer.connect()
        let row = try #require(try await connection.run("SELECT $1, $2", [.text(""), .bytea([])]).first)
        #expect(try row.string(0) == "")
        #expect(try row.bytes(1) == [])
    }

    @Test("arrays come back, empty ones and ones with NULL elements too")
    func arrays() async throws {
        let connection = try await TestServer.connect()
        let uuids = [PostgresUUID(high: 1, low: 2), PostgresUUID(high: .max, low: .max)]
        let row = try #require(
            try await connection.run(
                "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10",
                [
                    .array(.uuids(uuids)), .array(.int2s([-1, 2])), .array(.int4s([])), .array(.int8s([.min, .max])),
                    .array(.bools([true, false])), .array(.texts(["", "ä", "NULL"])), .array(.byteas([[], [0, 1]])),
                    .array(.timestamps([.min, 0, .max])), .array(.jsonbs([Array("[1]".utf8)])), .array(.doubles([1.5])),
                ]
            ).first)
        #expect(try row.uuids(0) == uuids)
        #expect(try row.int16s(1) == [-1, 2])
        #expect(try row.int32s(2) == [])
        #expect(try row.int64s(3) == [.min, .max])
        #expect(try row.bools(4) == [true, false])
        #expect(try row.strings(5) == ["", "ä", "NULL"])
        #expect(try row.byteas(6) == [[], [0, 1]])
        #expect(try row.timestamps(7) == [.min, 0, .max])
        #expect(try row.jsonbs(8) == [Array("[1]".utf8)])
        #expect(try row.doubles(9) == [1.5])
    }

    @Test("arrays with NULL elements keep them in place")
    func arraysWithNull() async throws {
        let connection = try await TestServer.connect()
        let uuid = PostgresUUID(high: 3, low: 4)
        let row = try #require(
            try await connection.run(
                "SELECT $1, $2, $3, $4, $5, $6, $7, $8",
                [
                    .array(.uuids(optional: [nil, uuid])), .array(.int2s(optional: [1, nil])),
                    .array(.int8s(optional: [nil])), .array(.texts(optional: ["a", nil, ""])),
                    .array(.byteas(optional: [[1], nil])), .array(.jsonbs(optional: [nil, [0x31]])),
                    .array(.timestamps(optional: [nil, 5])), .array(.bools(optional: [nil, false])),
                ]
            ).first)
        #expect(try row.optionalUuids(0) == [nil, uuid])
        #expect(try row.optionalInt16s(1) == [1, nil])
        #expect(try row.optionalInt64s(2) == [nil])
        #expect(try row.optionalStrings(3) == ["a", nil, ""])
        #expect(try row.optionalByteas(4) == [[1], nil])
        #expect(try row.optionalJsonbs(5) == [nil, [0x31]])
        #expect(try row.optionalTimestamps(6) == [nil, 5])
        #expect(try row.optionalBools(7) == [nil, false])
        #expect(throws: PostgresError.self) { try row.strings(3) }
    }

    @Test("infinite instants map to the ends of Int64")
    func infinity() async throws {
        let connection = try await TestServer.connect()
        let row = try #require(
            try await connection.run(
                "SELECT $1, $2, $1 = 'infinity', $2 = '-infinity', timestamptz '1970-01-01 00:00:01Z'",
                [.timestamptz(.max), .timestamptz(.min)]
            ).first)
        #expect(try row.timestamp(0) == .max)
        #expect(try row.timestamp(1) == .min)
        #expect(try row.bool(2))
        #expect(try row.bool(3))
        #expect(try row.timestamp(4) == 1_000_000)
        let error = try await failure { try await connection.run("SELECT $1 AS past", [.timestamptz(.min + 1)]) }
        #expect(error.sqlState == "22008")
    }

    @Test("one megabyte of bytea goes there and back")
    func megabyte() async throws {
        let connection = try await TestServer.connect()
        let blob = (0..<1_048_576).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        #expect(try await connection.run("SELECT $1", [.bytea(blob)]).rows[0].bytes(0) == blob)
    }

    @Test("a value is never read as another type")
    func mismatch() async throws {
        let connection = try await TestServer.connect()
        let row = try #require(
            try await connection.run("SELECT 1.5::float8 AS d, 5::int8 AS i, 'x' AS t, 1.5::numeric AS n").first)
        #expect(throws: PostgresError.self) { try row.int64(0) }
        #expect(throws: PostgresError.self) { try row.int32(1) }
        #expect(throws: PostgresError.self) { try row.uuid(2) }
        #expect(throws: PostgresError.self) { try row.int64(9) }
        #expect(throws: PostgresError.self) { try row.int64(try row["nope"]) }
        #expect(try !row.bytes(3).isEmpty)
    }

    @Test("text with a NUL byte is refused before it is sent and the connection stays usable")
    func nul() async throws {
        let connection = try await TestServer.connect()
        for parameter: PostgresParameter in [
            .text("a\0b"), .array(.texts(["ok", "a\0"])), .jsonb([0x22, 0, 0x22]), .array(.jsonbs([[0]])),
        ] {
            let error = try await failure { try await connection.run("SELECT $1", [parameter]) }
            #expect(error.code == .encoding)
            #expect(error.statement == "SELECT $1")
        }
        #expect(try await failure { try await connection.simple("SELECT 1\0") }.code == .encoding)
        #expect(try await connection.run("SELECT $1", [.text("a")]).rowCount == 1)
    }
}
