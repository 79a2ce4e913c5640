/// The coordination service could not be asked, or refused: the caller goes on without it, by the store alone.
public struct CoordinationUnavailable: Error, Sendable, Hashable, CustomStringConvertible {
    /// The service, `redis` for example.
    public var service: String
    /// One sentence for a person, without secrets.
    public var reason: String

    public init(service: String, reason: String) {
        self.service = service
        self.reason = reason
    }

    public var description: String { "\(service) is unavailable: \(reason)" }
}
