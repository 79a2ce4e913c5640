import Skein
import SkeinCore

/// The names of keys and channels, the same in every instance of a cluster.
struct RedisKeys: Sendable, Hashable {
    let prefix: String

    /// A string: which life of the Redis data this is.
    var incarnation: String { "\(prefix):incarnation" }
    /// A sorted set of execution ids by due milliseconds, for the tenants of one lane.
    func due(_ lane: UInt8) -> String { "\(prefix):due:\(lane)" }
    var allDue: [String] { (0..<WakeHint.lanes).map(due) }
    /// The channel of wakes.
    var wake: String { "\(prefix):wake" }

    func lock(_ name: String) -> String { "\(prefix):lock:\(name)" }
    func leader(_ duty: String) -> String { "\(prefix):leader:\(duty)" }
    func idempotency(_ scope: IdempotencyScope) -> String { "\(prefix):idem:\(scope.digest)" }
    func events(_ root: ExecutionID) -> String { "\(prefix):events:\(root)" }

    /// The pattern that matches exactly the keys of locks, whatever the prefix contains.
    var lockPattern: String {
        var escaped = ""
        for character in lock("") {
            if "*?[]\\^-".contains(character) { escaped.append("\\") }
            escaped.append(character)
        }
        return escaped + "*"
    }

    /// A span as `PX` takes it: at least a millisecond, at most 31 years.
    static func milliseconds(_ span: Duration) -> String {
        String(min(max(1, span.wholeMilliseconds), 1_000_000_000_000))
    }
}
