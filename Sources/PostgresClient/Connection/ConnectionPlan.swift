/// What the thread is for: one session that is over when it is lost, or sessions one after the other.
enum ConnectionPlan: Sendable {
    /// One session; the first outcome of connecting goes to `opened`.
    case once(opened: OneShot<PostgresServerIdentity>, isShared: Bool)
    /// A new session whenever one is lost; `connected` runs on the thread after every handshake.
    case always(connected: @Sendable (PostgresServerIdentity) -> Void, isShared: Bool)

    /// Many callers use the session: no transaction may stay open between commands.
    var isShared: Bool {
        switch self {
        case .once(_, let isShared), .always(_, let isShared): isShared
        }
    }
}
