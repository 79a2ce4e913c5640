/// Why a Redis operation did not give an answer.
///
/// The message never contains a password or an argument's value, so it can be logged as it is.
package struct RedisError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure, for decisions.
    package enum Code: Sendable, Hashable {
        /// The connection could not be made, was lost, or is not up right now.
        case connection
        /// No answer came in time. Whether the command was carried out is unknown.
        case timeout
        /// The server sent something that is not RESP2, or more than the limits allow. The connection was discarded.
        case protocolViolation
        /// The server answered with an error; the prefix is its first word, `WRONGTYPE` for example.
        case server(String)
        /// The client or the subscription was closed.
        case closed
        /// The client's own queue is full; nothing was sent.
        case overloaded
        /// The waiting task was cancelled. Whether the command was carried out is unknown.
        case cancelled
        /// The connection URL or another setting is unusable.
        case url
        /// The command cannot be sent over a shared connection; nothing was sent.
        case invalidCommand
    }

    /// The kind of failure.
    package let code: Code
    /// One sentence for a person.
    package let message: String

    /// Makes an error.
    ///
    /// - Parameters:
    ///   - code: The kind of failure.
    ///   - message: One sentence for a person, without secrets.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Makes an error from the text of a RESP error reply, whose first word is its prefix.
    package init(serverReply text: String) {
        self.init(.server(String(text.prefix { $0 != " " })), text)
    }

    /// Whether Redis as a whole cannot be used just now, so that the caller takes the path that needs no Redis.
    ///
    /// A demoted primary, a server that is loading, out of memory or failing to persist, and one that wants other
    /// credentials count as unavailable: no single command is at fault. `closed`, `cancelled` and `url` do not.
    package var isUnavailable: Bool {
        switch code {
        case .connection, .timeout, .protocolViolation, .overloaded: true
        case .server(let prefix): Self.unavailablePrefixes.contains(prefix)
        case .closed, .cancelled, .url, .invalidCommand: false
        }
    }

    /// The code and the message on one line.
    package var description: String {
        switch code {
        case .server: "redis: \(message)"
        case .connection: "redis connection: \(message)"
        case .timeout: "redis timeout: \(message)"
        case .protocolViolation: "redis protocol violation: \(message)"
        case .closed: "redis closed: \(message)"
        case .overloaded: "redis overloaded: \(message)"
        case .cancelled: "redis cancelled: \(message)"
        case .url: "redis settings: \(message)"
        case .invalidCommand: "redis command refused: \(message)"
        }
    }

    private static let unavailablePrefixes: Set<String> = [
        "READONLY", "LOADING", "MISCONF", "OOM", "NOAUTH", "WRONGPASS", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "BUSY",
        "NOREPLICAS",
    ]
}
