/// Where a Redis server is, how to log in, and the bounds of everything that waits or grows.
package struct RedisConfiguration: Sendable, Hashable, CustomStringConvertible {
    /// The address of a server.
    package enum Address: Sendable, Hashable, CustomStringConvertible {
        /// A host name or IP address, resolved anew at every attempt to connect.
        case tcp(host: String, port: Int)
        /// The path of a unix socket.
        case unix(path: String)

        /// `host:port` or the path.
        package var description: String {
            switch self {
            case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
            case .unix(let path): path
            }
        }
    }

    /// The server's address.
    package var address: Address
    /// The ACL user; nil logs in as `default` if there is a password.
    package var username: String?
    /// The password; nil sends no `AUTH`.
    package var password: RedisSecret?
    /// The database number; 0 sends no `SELECT`.
    package var database = 0
    /// The TLS settings; nil talks in the clear.
    package var tls: RedisTLS?
    /// The name that `CLIENT LIST` shows; an empty one is not sent.
    package var clientName = "skein"

    /// The longest that name resolution, connecting, TLS and login may take together; 1 s.
    package var connectTimeout: Duration = .seconds(1)
    /// The longest from a call to its reply, waiting for a connection included; 500 ms.
    package var commandTimeout: Duration = .milliseconds(500)
    /// The pause after the first failed attempt to connect; doubles at every further one; 50 ms.
    package var minimumBackoff: Duration = .milliseconds(50)
    /// The longest pause between attempts to connect; 1 s. The actual pause is between half of it and all of it.
    package var maximumBackoff: Duration = .seconds(1)
    /// The pause between two `PING`s on the pub/sub connection, and on the command connection while `run()` is; 3 s.
    package var keepaliveInterval: Duration = .seconds(3)

    /// Commands queued or in flight at most; 10 000. Further ones fail as overloaded.
    package var maximumQueued = 10_000
    /// Encoded bytes queued or in flight at most; 64 MiB. Further ones fail as overloaded.
    package var maximumQueuedBytes = 64 << 20
    /// Bytes of one reply at most; 64 MiB. A larger one discards the connection.
    package var maximumReplyBytes = 64 << 20
    /// Array elements in one reply at most, all levels together; one million. More discard the connection.
    package var maximumReplyElements = 1_000_000
    /// Messages that one subscription buffers at most; 1 000. The oldest are dropped and a gap is reported.
    package var subscriptionBuffer = 1_000

    /// Makes a configuration in code, without a URL.
    package init(address: Address) {
        self.address = address
    }

    /// The address and database, never the password.
    package var description: String {
        let scheme = tls == nil ? "redis" : "rediss"
        let login = password == nil ? "" : "\(username ?? ""):***@"
        return switch address {
        case .tcp: "\(scheme)://\(login)\(address)/\(database)"
        case .unix: "redis+unix://\(login)\(address)?db=\(database)"
        }
    }
}
