/// What a subscription hears.
package enum RedisMessage: Sendable, Hashable {
    /// A published message; the pattern is nil when the channel itself was subscribed to.
    case message(channel: String, pattern: String?, payload: [UInt8])
    /// The connection was lost; nothing is heard until a gap is reported.
    case interrupted
    /// Messages may have been lost before this point: the connection was lost and is back, with every subscription
    /// confirmed, or the buffer was full. From here on nothing is missing; the consumer looks at the truth now.
    case gap

    /// The channel of a published message.
    package var channel: String? {
        if case .message(let channel, _, _) = self { channel } else { nil }
    }

    /// The bytes of a published message.
    package var payload: [UInt8]? {
        if case .message(_, _, let payload) = self { payload } else { nil }
    }

    /// The text of a published message; invalid UTF-8 is repaired.
    package var text: String? {
        payload.map { String(decoding: $0, as: UTF8.self) }
    }
}
