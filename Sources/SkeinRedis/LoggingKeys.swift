/// The metadata keys of this module's log lines.
enum LoggingKeys {
    static let error = "redis.error"
    static let address = "redis.address"
    static let key = "redis.key"
}
