// As much of PostgreSQL's protocol (version 3) as a proxy needs: where messages begin, which statement is bound, where a
// pipeline's transaction ends.

import NIOCore

/// Cuts a stream of bytes into messages.
struct PostgresFrames {
    /// One message with its head.
    struct Message {
        /// 0 for the first message of a client, which has no type.
        var type: UInt8
        var bytes: ByteBuffer

        /// The prepared statement that a Bind names.
        var boundStatement: String? {
            guard type == UInt8(ascii: "B") else { return nil }
            var copy = bytes
            copy.moveReaderIndex(forwardBy: 5)
            guard copy.readNullTerminatedString() != nil else { return nil }
            return copy.readNullTerminatedString()
        }
    }

    private var rest = ByteBuffer()
    private var startsUp: Bool

    /// - Parameter isClient: the first message has no type.
    init(isClient: Bool) { startsUp = isClient }

    /// Takes what arrived and returns the messages that are complete by now.
    mutating func take(_ bytes: ByteBuffer) -> [Message] {
        var bytes = bytes
        rest.writeBuffer(&bytes)
        var messages: [Message] = []
        while let message = next() { messages.append(message) }
        rest.discardReadBytes()
        return messages
    }

    private mutating func next() -> Message? {
        let start = rest.readerIndex
        let head = startsUp ? 0 : 1
        guard let length = rest.getInteger(at: start + head, as: Int32.self), length >= 4,
            let slice = rest.readSlice(length: head + Int(length))
        else { return nil }
        let type = startsUp ? 0 : slice.getInteger(at: slice.readerIndex, as: UInt8.self) ?? 0
        startsUp = false
        return Message(type: type, bytes: slice)
    }
}
