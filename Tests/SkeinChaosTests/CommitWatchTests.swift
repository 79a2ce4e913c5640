import NIOCore
import Testing

@testable import SkeinChaos

@Suite("The proxy's eye for commits")
struct CommitWatchTests {
    private static func message(_ type: Character, _ body: [UInt8] = []) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeInteger(type.asciiValue ?? 0)
        bytes.writeInteger(Int32(body.count + 4))
        bytes.writeBytes(body)
        return bytes
    }

    private static func startup() -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeInteger(Int32(8))
        bytes.writeInteger(Int32(196_608))
        return bytes
    }

    private static func bind(_ statement: String) -> ByteBuffer {
        message("B", [0] + Array(statement.utf8) + [0, 0, 0])
    }

    /// A connection that has shaken hands.
    private static func opened() -> CommitWatch {
        var watch = CommitWatch()
        _ = watch.fromClient(startup()) { _ in nil }
        _ = watch.fromServer(message("Z", [73]))
        return watch
    }

    @Test("a swallowed answer is all that follows the last answer that was due before it")
    func swallow() {
        var watch = Self.opened()
        var asked = 0
        _ = watch.fromClient(Self.bind("other")) { _ in .swallowReply }
        _ = watch.fromClient(Self.message("S")) { _ in
            asked += 1
            return .swallowReply
        }
        #expect(asked == 0, "nothing that is worth it")
        let bind = watch.fromClient(Self.bind("append")) { _ in nil }
        #expect(bind.forward == Self.bind("append"))
        let sync = watch.fromClient(Self.message("S")) { _ in .swallowReply }
        #expect(sync.forward == Self.message("S"), "the server gets it")
        #expect(sync.closes == nil)
        #expect(watch.fromServer(Self.message("Z", [73])).forward == Self.message("Z", [73]), "of the pipeline before")
        #expect(watch.fromServer(Self.message("C", [65])).forward.readableBytes == 0)
        let end = watch.fromServer(Self.message("Z", [73]))
        #expect(end.forward.readableBytes == 0)
        #expect(end.closes == .swallowReply)
    }

    @Test("a dropped commit never reaches the server, whatever comes in the same bytes")
    func drop() {
        var watch = Self.opened()
        var bytes = Self.bind("commit")
        bytes.writeImmutableBuffer(Self.message("E"))
        bytes.writeImmutableBuffer(Self.message("S"))
        bytes.writeImmutableBuffer(Self.bind("append"))
        let verdict = watch.fromClient(bytes) { _ in .dropCommit }
        var before = Self.bind("commit")
        before.writeImmutableBuffer(Self.message("E"))
        #expect(verdict.forward == before)
        #expect(verdict.closes == .dropCommit)
    }

    @Test("a stalled claim stops behind its parameters")
    func stall() {
        var watch = Self.opened()
        var bytes = Self.bind("claim")
        bytes.writeImmutableBuffer(Self.message("E"))
        bytes.writeImmutableBuffer(Self.message("S"))
        let verdict = watch.fromClient(bytes, stalls: { true }, ambush: { _ in nil })
        #expect(verdict.forward == Self.bind("claim"))
        var rest = Self.message("E")
        rest.writeImmutableBuffer(Self.message("S"))
        #expect(verdict.late == rest)
    }

    @Test("messages are found however the bytes arrive")
    func pieces() {
        var frames = PostgresFrames(isClient: true)
        var all = Self.startup()
        all.writeImmutableBuffer(Self.bind("append"))
        all.writeImmutableBuffer(Self.message("S"))
        var found: [PostgresFrames.Message] = []
        for byte in all.readableBytesView { found += frames.take(ByteBuffer(bytes: [byte])) }
        #expect(found.map(\.type) == [0, UInt8(ascii: "B"), UInt8(ascii: "S")])
        #expect(found[1].boundStatement == "append")
    }
}
