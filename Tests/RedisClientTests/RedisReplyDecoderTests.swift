import Testing

@testable import RedisClient

@Suite("Reading replies", .timeLimit(.minutes(1)))
struct RedisReplyDecoderTests {
    /// Everything that comes out for some bytes, and the error that ends it if there is one.
    static func decode(
        _ bytes: [UInt8], chunk: Int = .max, limits: RedisReplyLimits = RedisReplyLimits(bytes: 1 << 20, elements: 1000)
    ) throws -> (replies: [RedisReply], error: RedisError?) {
        var decoder = try RedisReplyDecoder(limits: limits)
        var replies: [RedisReply] = []
        var rest = bytes[...]
        do throws(RedisError) {
            while !rest.isEmpty {
                let part = Array(rest.prefix(chunk))
                rest = rest.dropFirst(part.count)
                part.withUnsafeBytes { decoder.feed($0) }
                while let reply = try decoder.next() {
                    replies.append(reply)
                }
            }
        } catch {
            return (replies, error)
        }
        return (replies, nil)
    }

    static let everyKind =
        "+OK\r\n-ERR no\r\n:-42\r\n:9223372036854775807\r\n$5\r\nhe\r\no\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n"
        + "*3\r\n:1\r\n*2\r\n$1\r\na\r\n$-1\r\n-WRONGTYPE x\r\n+\r\n"
    static let everyReply: [RedisReply] = [
        .simple("OK"), .error("ERR no"), .integer(-42), .integer(.max), .bulk(Array("he\r\no".utf8)), .bulk([]), .null,
        .null, .array([]), .array([.integer(1), .array([.bulk([97]), .null]), .error("WRONGTYPE x")]), .simple(""),
    ]

    @Test("Every kind of reply is read, however the bytes are cut", arguments: [1, 2, 3, 5, 7, 11, 64, Int.max])
    func everyKindInChunks(chunk: Int) throws {
        let (replies, error) = try Self.decode(Array(Self.everyKind.utf8), chunk: chunk)
        #expect(replies == Self.everyReply)
        #expect(error == nil)
    }

    @Test("A string may hold any byte")
    func binary() throws {
        let all = (0...255).map { UInt8($0) }
        let (replies, _) = try Self.decode(Array("$256\r\n".utf8) + all + [13, 10], chunk: 3)
        #expect(replies == [.bulk(all)])
    }

    @Test("Seven levels of arrays are read")
    func sevenLevels() throws {
        let text = String(repeating: "*1\r\n", count: 7) + ":1\r\n"
        var expected = RedisReply.integer(1)
        for _ in 0..<7 {
            expected = .array([expected])
        }
        #expect(try Self.decode(Array(text.utf8)).replies == [expected])
    }

    @Test(
        "What is not RESP2 or breaks a limit is refused, however the bytes are cut",
        arguments: [
            "$9999999999\r\n", "$99999999999999999999\r\n", "$9223372036854775807\r\n", "*1000000000\r\n",
            "*2147483648\r\n", "*9223372036854775807\r\n", "*4294967297\r\n", "$-2\r\n", "*-2\r\n", "$-\r\n", "$\r\n",
            "*\r\n", ":\r\n", ":abc\r\n", ":1.5\r\n", ":99999999999999999999\r\n", ":9999999999999999999\r\n",
            "$1x\r\n",
            "$3\r\nabcd\r\n", "$3\r\nabc\n\r", "hello\r\n", "\r\n", "\0", "_\r\n", "#t\r\n", "%1\r\n", ">2\r\n",
            "$1\n1\r\n",
            "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", "*600\r\n*600\r\n", "*2\r\n:1\r\nX",
            "HTTP/1.1 400 Bad\r\n",
            "*1001\r\n", "$1048577\r\n",
        ])
    func malformed(text: String) throws {
        for chunk in [1, 2, 5, Int.max] {
            let (replies, error) = try Self.decode(Array(text.utf8), chunk: chunk)
            #expect(replies == [])
            #expect(error?.code == .protocolViolation)
        }
    }

    @Test("Ten thousand nested arrays are refused")
    func deepNesting() throws {
        let text = String(repeating: "*1\r\n", count: 10_000)
        #expect(try Self.decode(Array(text.utf8)).error?.code == .protocolViolation)
    }

    @Test("A line without end is refused")
    func endlessLine() throws {
        let bytes = [UInt8(ascii: "+")] + [UInt8](repeating: 97, count: 100_000)
        #expect(try Self.decode(bytes, chunk: 4096).error?.code == .protocolViolation)
    }

    @Test("The replies before a violation are still given")
    func repliesBeforeViolation() throws {
        let (replies, error) = try Self.decode(Array("+OK\r\n:1\r\n?\r\n:2\r\n".utf8))
        #expect(replies == [.simple("OK"), .integer(1)])
        #expect(error?.code == .protocolViolation)
    }

    @Test("The size limit counts all of one reply, and starts anew with the next")
    func sizeLimit() throws {
        let limits = RedisReplyLimits(bytes: 64, elements: 100)
        let small = "$40\r\n" + String(repeating: "x", count: 40) + "\r\n"
        let many = String(repeating: small, count: 20)
        #expect(try Self.decode(Array(many.utf8), chunk: 9, limits: limits).replies.count == 20)
        let (replies, error) = try Self.decode(Array(("*2\r\n" + small + small).utf8), limits: limits)
        #expect(replies == [])
        #expect(error?.code == .protocolViolation)
    }

    @Test("Random bytes never do harm")
    func randomBytes() throws {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SplitMix(state: seed)
        let alphabet = Array("+-:$*0123456789\r\nab\0".utf8)
        for _ in 0..<5_000 {
            let bytes = (0..<Int.random(in: 1...40, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator) ?? 0
            }
            let whole = try Self.decode(bytes)
            let cut = try Self.decode(bytes, chunk: 1)
            #expect(whole.replies == cut.replies, "seed \(seed), bytes \(bytes)")
            #expect((whole.error == nil) == (cut.error == nil), "seed \(seed), bytes \(bytes)")
        }
    }
}

/// A small reproducible generator.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
