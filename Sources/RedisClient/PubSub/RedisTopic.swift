/// Something to subscribe to.
enum RedisTopic: Sendable, Hashable {
    /// One channel.
    case channel(String)
    /// All channels whose name matches a glob pattern.
    case pattern(String)

    /// The name or the pattern.
    var name: String {
        switch self {
        case .channel(let name), .pattern(let name): name
        }
    }
}
