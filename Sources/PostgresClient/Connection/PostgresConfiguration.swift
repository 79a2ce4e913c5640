/// How connections are made and how long anything may take.
package struct PostgresConfiguration: Sendable {
    /// URI or keyword/value string for libpq, several hosts allowed; empty means the `PG*` environment variables.
    package var connectionString: String
    /// `application_name`, unless the connection string names one.
    package var applicationName = "skein"
    /// Session settings, set once per connection: `search_path`, `jit`, `lock_timeout`, …
    package var settings: [String: String] = [:]
    /// The longest time to connect, all hosts and the first questions to the server included.
    package var connectTimeout = Duration.seconds(5)
    /// The deadline of a command that names none, its time in the connection's queue included.
    package var commandTimeout = Duration.seconds(30)
    /// How long sent data may stay unacknowledged before the kernel gives the connection up.
    package var tcpUserTimeout = Duration.seconds(10)
    /// Silence after which the kernel starts to probe the peer: three probes, 5 s apart.
    package var keepalivesIdle = Duration.seconds(10)
    /// The pause before attempts to reconnect.
    package var reconnectBackoff = Backoff()
    /// A name to LISTEN to from the beginning of every session; `notified` then runs on the connection's thread for each
    /// NOTIFY, and must not block.
    package var listensTo: String?
    package var notified: (@Sendable () -> Void)?
    /// Where statements, round trips and connects are counted; shared by every connection made from this value.
    package var counters: PostgresCounters?

    /// A growing pause: doubled after each failure, then shortened by up to half at random.
    package struct Backoff: Sendable {
        /// The first pause.
        package var minimum = Duration.milliseconds(50)
        /// The longest pause.
        package var maximum = Duration.seconds(2)

        /// 50 ms to 2 s.
        package init() {}

        /// The pause after `failures` failures in a row, one or more.
        func delay(failures: Int) -> Duration {
            let doublings = min(max(failures - 1, 0), 16)
            return min(minimum * (1 << doublings), maximum) * Double.random(in: 0.5...1)
        }
    }

    /// The defaults for a connection string.
    package init(connectionString: String = "") {
        self.connectionString = connectionString
    }
}

extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Without the connection string, which may hold a password.
    package var description: String { "PostgresConfiguration(applicationName: \(applicationName))" }
    /// As `description`.
    package var debugDescription: String { description }
    /// As `description`: nothing of the connection string.
    package var customMirror: Mirror { Mirror(self, children: ["applicationName": applicationName]) }
}
