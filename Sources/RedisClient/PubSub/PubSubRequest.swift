/// One request on the pub/sub connection; the server answers each with exactly one reply, in order.
enum PubSubRequest: Equatable {
    /// Subscribe; the serial tells this request from an earlier one for the same topic.
    case subscribe(RedisTopic, serial: Int)
    /// Unsubscribe.
    case unsubscribe(RedisTopic)
    /// Ask for a sign of life.
    case ping

    /// The command and its arguments.
    var command: [String] {
        switch self {
        case .subscribe(.channel(let name), _): ["SUBSCRIBE", name]
        case .subscribe(.pattern(let name), _): ["PSUBSCRIBE", name]
        case .unsubscribe(.channel(let name)): ["UNSUBSCRIBE", name]
        case .unsubscribe(.pattern(let name)): ["PUNSUBSCRIBE", name]
        case .ping: ["PING"]
        }
    }
}
