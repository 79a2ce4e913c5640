extension PostgresExecutionStore {
    /// Sizes and limits.
    public struct Configuration: Sendable, Hashable {
        /// The schema: lower-case letters, digits and `_`, at most 63, beginning with a letter or `_`. Default:
        /// `skein`.
        public var schema = "skein"
        /// Connections that commit. More than two rarely help. Default: 2.
        public var writers = 2
        /// Connections for commands that need one of their own: keyed creates, cancels, registrations, chores. Default:
        /// 4.
        public var poolSize = 4
        /// How long a writer waits behind somebody's lock before it goes on without the row. Default: 300 ms.
        public var lockTimeout = Duration.milliseconds(300)
        /// How long a statement may take, a commit included, before its connection is given up. Default: 10 s.
        public var commandTimeout = Duration.seconds(10)
        /// How long to wait for a connection before a call fails as unavailable. Default: 10 s.
        public var acquireTimeout = Duration.seconds(10)
        /// How long connecting may take. Default: 5 s.
        public var connectTimeout = Duration.seconds(5)
        /// The longest lease anybody claims with: how far ahead a superseded worker's executions are looked for.
        /// Default: 1 h.
        public var longestLease = Duration.seconds(3_600)
        /// What the server's `pg_stat_activity` shows. Default: `skein`.
        public var applicationName = "skein"

        public init() {}
    }
}

/// The name of a schema that needs no escape beyond quotes.
struct SchemaName: Hashable {
    let text: String

    /// Nil unless the text is an identifier of lower-case ASCII letters, digits and `_`.
    init?(_ text: String) {
        let bytes = text.utf8
        guard let first = bytes.first, bytes.count <= 63, !text.hasPrefix("pg_") else { return nil }
        guard first == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else { return nil }
        let isIdentifier = bytes.allSatisfy { byte in
            byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard isIdentifier else { return nil }
        self.text = text
    }

    var quoted: String { "\"\(text)\"" }

    /// The schema of its reports.
    var reports: SchemaName { SchemaName("\(text.prefix(56))_report") ?? self }
}
