/// What one reply on the pub/sub connection is.
enum PubSubPush: Equatable {
    /// A subscription was confirmed.
    case subscribed(RedisTopic)
    /// The end of a subscription was confirmed.
    case unsubscribed(RedisTopic)
    /// The answer to a ping, which has another form while nothing is subscribed to.
    case pong
    /// A published message.
    case message(topic: RedisTopic, channel: String, payload: [UInt8])
    /// The oldest request was refused.
    case refused(RedisError)

    /// Reads a reply; nil when it is none of these.
    init?(_ reply: RedisReply) {
        if let error = reply.serverError {
            self = .refused(error)
            return
        }
        if reply == .simple("PONG") {
            self = .pong
            return
        }
        guard let parts = reply.array, let kind = parts.first?.string, let name = parts.dropFirst().first?.string else {
            return nil
        }
        switch (kind, parts.count) {
        case ("message", 3):
            self = .message(topic: .channel(name), channel: name, payload: parts[2].bytes ?? [])
        case ("pmessage", 4):
            guard let channel = parts[2].string else { return nil }
            self = .message(topic: .pattern(name), channel: channel, payload: parts[3].bytes ?? [])
        case ("subscribe", 3): self = .subscribed(.channel(name))
        case ("psubscribe", 3): self = .subscribed(.pattern(name))
        case ("unsubscribe", 3): self = .unsubscribed(.channel(name))
        case ("punsubscribe", 3): self = .unsubscribed(.pattern(name))
        case ("pong", 2): self = .pong
        default: return nil
        }
    }
}
