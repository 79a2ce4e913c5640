/// How the HTTP server listens and what it accepts.
public struct ServerConfiguration: Sendable {
    /// The address to listen on. Default: 127.0.0.1, this machine only.
    public var host = "127.0.0.1"
    /// The port to listen on; 0 takes any free one. Default: 7580.
    public var port = 7580
    /// The largest request body in bytes; larger ones are refused with 413 before they are read. Default: 12 MiB.
    public var bodyLimit = 12 * 1024 * 1024
    /// What the `Server` header says; nil: no such header. Default: skein.
    public var serverName: String? = "skein"
    /// How long the server goes on accepting requests after a graceful shutdown began, so that load balancers see
    /// `/readyz` turn first. Default: not at all.
    public var drainDelay: Duration = .zero
    /// How long a connection may be silent between requests, or in the middle of sending one. Default: 60 s.
    public var idleTimeout: Duration = .seconds(60)
    /// How long an event stream is silent before it sends a comment. Default: 15 s.
    public var heartbeat: Duration = .seconds(15)
    /// How long `/wait` waits unless the request says otherwise. Default: 30 s.
    public var defaultWait: Duration = .seconds(30)
    /// The longest `/wait` may be asked to wait. Default: 5 minutes.
    public var longestWait: Duration = .seconds(300)
    /// How long a readiness answer is used again. Default: 1 s.
    public var readinessAge: Duration = .seconds(1)
    /// How long a readiness check may take. Default: 2 s.
    public var readinessLimit: Duration = .seconds(2)

    public init() {}
}
