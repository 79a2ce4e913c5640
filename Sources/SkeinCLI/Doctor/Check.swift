import SkeinCore

/// One finding of `skein doctor`.
struct Check: Sendable, Hashable {
    enum State: String, Sendable, Hashable {
        case ok, warning, failed
    }

    var name: String
    var state: State
    var message: String
    /// What to do about it.
    var fix: String?

    init(_ name: String, _ state: State, _ message: String, fix: String? = nil) {
        self.name = name
        self.state = state
        self.message = message
        self.fix = state == .ok ? nil : fix
    }

    var json: JSONValue {
        var object: JSONObject = [
            "check": .string(name), "status": .string(state.rawValue), "message": .string(message),
        ]
        object["fix"] = fix.map { .string($0) }
        return .object(object)
    }

    static let columns = [Column("check"), Column("status", "STATUS", .status), Column("message"), Column("fix")]
}
