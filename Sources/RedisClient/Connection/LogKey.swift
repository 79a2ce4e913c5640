/// The metadata keys of this module's log lines.
enum LogKey {
    static let address = "redis.address"
    static let error = "redis.error"
}
