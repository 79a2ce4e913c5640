import SkeinCore

/// What a lock's value says: `<holder>|<since in µs>|<random>`. The holder may itself contain bars.
struct LockValue: Sendable, Hashable {
    var holder: String
    var since: Timestamp?

    /// The value of a new grant.
    static func make(holder: String, since: Timestamp, random: UInt64) -> String {
        "\(holder)|\(since.microseconds)|\(String(random, radix: 16))"
    }

    /// Reads a value; one that nobody here wrote is taken for a holder's name as a whole.
    init(_ text: String) {
        let parts = text.split(separator: "|", omittingEmptySubsequences: false)
        guard parts.count >= 3, let microseconds = Int64(parts[parts.count - 2]) else {
            holder = text
            return
        }
        holder = parts.dropLast(2).joined(separator: "|")
        since = Timestamp(microseconds: microseconds)
    }
}
