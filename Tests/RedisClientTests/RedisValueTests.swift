import NIOCore
import Testing

@testable import RedisClient

@Suite("Commands, scripts, replies and errors as values")
struct RedisValueTests {
    @Test("Arguments go length-prefixed, whatever they hold")
    func encoding() throws {
        var request: [UInt8] = []
        try RedisCommandEncoder.append(["SET".utf8, "a\r\nDEL b %s %b\0".utf8, "".utf8], to: &request)
        #expect(request == Array("*3\r\n$3\r\nSET\r\n$15\r\na\r\nDEL b %s %b\0\r\n$0\r\n\r\n".utf8))
        try RedisCommandEncoder.append([[0xFF, 0x00]], to: &request)
        #expect(request.suffix(12) == [42, 49, 13, 10, 36, 50, 13, 10, 0xFF, 0x00, 13, 10])
    }

    @Test("A command without a name is refused")
    func emptyCommand() {
        var request: [UInt8] = []
        #expect(throws: RedisError.self) { try RedisCommandEncoder.append([[UInt8]](), to: &request) }
        #expect(throws: RedisError.self) { try CommandRules.checkPipelined(nil, second: nil) }
    }

    @Test(
        "Commands that change the shared connection are refused",
        arguments: ["subscribe", "SELECT", "Monitor", "multi"])
    func refusedCommands(name: String) {
        #expect(throws: RedisError.self) { try CommandRules.checkSingle(Array(name.utf8), second: nil) }
    }

    @Test("Client reply is refused, client id is not, and transactions may be pipelined")
    func rules() throws {
        #expect(throws: RedisError.self) {
            try CommandRules.checkSingle(Array("Client".utf8), second: UInt8(ascii: "r"))
        }
        try CommandRules.checkSingle(Array("CLIENT".utf8), second: UInt8(ascii: "i"))
        try CommandRules.checkPipelined(Array("MULTI".utf8), second: nil)
    }

    @Test(
        "Hashes are SHA-1",
        arguments: [
            ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            ("return 1", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
            ),
            (String(repeating: "a", count: 1000), "291e9a6c66994949b57ba5e650361e98fc36b1ba"),
        ])
    func hashes(text: String, digest: String) {
        #expect(RedisScript(text).sha1 == digest)
    }

    @Test("Replies give their content in the shape that is asked for")
    func accessors() {
        #expect(RedisReply.simple("OK").isOK)
        #expect(!RedisReply.bulk(Array("OK".utf8)).isOK)
        #expect(RedisReply.bulk(Array("12".utf8)).int == 12)
        #expect(RedisReply.bulk(Array("1.5".utf8)).double == 1.5)
        #expect(RedisReply.integer(3).string == "3")
        #expect(RedisReply.null.string == nil)
        let list = RedisReply.array([.bulk(Array("a".utf8)), .null, .integer(1), .bulk([])])
        #expect(RedisReply.array([.null]).pairs == nil)
        #expect(list.strings == ["a", nil, "1", ""])
        let pairs = RedisReply.array([.bulk(Array("a".utf8)), .integer(1)]).pairs
        #expect(pairs?.map(\.name) == ["a"])
        #expect(pairs?.map(\.value) == [.integer(1)])
    }

    @Test("Errors say whether Redis as a whole cannot be used")
    func unavailable() {
        for prefix in ["READONLY", "LOADING", "MISCONF", "OOM", "NOAUTH"] {
            #expect(RedisError(serverReply: "\(prefix) because").isUnavailable)
        }
        #expect(RedisError(serverReply: "WRONGTYPE x").code == .server("WRONGTYPE"))
        #expect(!RedisError(serverReply: "WRONGTYPE x").isUnavailable)
        #expect(RedisError(.timeout, "").isUnavailable)
        #expect(RedisError(.overloaded, "").isUnavailable)
        #expect(!RedisError(.cancelled, "").isUnavailable)
        #expect(!RedisError(.closed, "").isUnavailable)
    }

    @Test("Pauses double up to their maximum and vanish after a useful connection")
    func backoff() {
        var policy = ReconnectPolicy(minimum: .milliseconds(50), maximum: .seconds(1))
        let now = NIODeadline.uptimeNanoseconds(1_000_000_000)
        var pauses: [Int64] = []
        for _ in 0..<7 {
            policy.connectionEnded(useful: false, at: now, jitter: 1)
            pauses.append(((policy.notBefore ?? now) - now).nanoseconds / 1_000_000)
        }
        #expect(pauses == [50, 100, 200, 400, 800, 1000, 1000])
        #expect(!policy.mayConnect(at: now))
        #expect(policy.mayConnect(at: now + .seconds(1)))
        policy.connectionEnded(useful: true, at: now, jitter: 1)
        #expect(policy.mayConnect(at: now))
    }
}
