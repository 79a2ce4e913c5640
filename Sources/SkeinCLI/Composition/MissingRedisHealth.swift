import Skein

/// The health of a coordination service that nobody configured: instances find each other by looking often.
struct MissingRedisHealth: CoordinationHealth {
    var isUp: Bool { false }
    var isShared: Bool { false }

    func check() async -> (isFine: Bool, message: String) { (false, "not configured") }
}
