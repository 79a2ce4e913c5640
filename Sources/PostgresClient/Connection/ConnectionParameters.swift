internal import CPostgres

#if canImport(Glibc)
internal import Glibc
#endif

/// What is handed to libpq for one connection, and the words that must not appear in its messages.
struct ConnectionParameters {
    private(set) var keywords: [String]
    private(set) var values: [String]
    private let secrets: [String]

    /// Checks the connection string. Its text never becomes part of an error.
    init(_ configuration: PostgresConfiguration) throws(PostgresError) {
        let options = try Self.parse(configuration.connectionString)
        guard !options.contains(where: { $0.key.hasPrefix("host") && $0.value.contains("@") }) else {
            throw PostgresError(
                code: .misuse,
                message: "a host of the connection string contains @: percent-encode the password")
        }
        secrets = ["password", "sslpassword"].compactMap { options[$0] }.filter { !$0.isEmpty }
        let seconds = max(2, Int(configuration.connectTimeout.components.seconds))
        let defaults = [
            ("fallback_application_name", configuration.applicationName),
            ("connect_timeout", "\(seconds)"), ("keepalives", "1"),
            ("keepalives_idle", "\(max(1, configuration.keepalivesIdle.components.seconds))"),
            ("keepalives_interval", "5"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "\(max(1, configuration.tcpUserTimeout.components.seconds) * 1000)"),
        ]
        let all = defaults + [("dbname", configuration.connectionString), ("client_encoding", "UTF8")]
        keywords = all.map(\.0)
        values = all.map(\.1)
    }

    private static func parse(_ string: String) throws(PostgresError) -> [String: String] {
        let refusal = PostgresError(code: .misuse, message: "the connection string can not be parsed")
        guard !string.utf8.contains(0) else { throw refusal }
        var message: UnsafeMutablePointer<CChar>?
        let parsed = PQconninfoParse(string, &message)
        if let message { PQfreemem(message) }
        guard let parsed else { throw refusal }
        defer { PQconninfoFree(parsed) }
        var options: [String: String] = [:]
        var option = parsed
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { options[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return options
    }

    /// Connects, blocking; only for a thread of its own.
    func open() -> OpaquePointer? {
        let names = keywords.map { strdup($0) }
        let contents = values.map { strdup($0) }
        defer { for pointer in names + contents { free(pointer) } }
        let keywordPointers = names.map { UnsafePointer($0) } + [nil]
        let valuePointers = contents.map { UnsafePointer($0) } + [nil]
        return PQconnectdbParams(keywordPointers, valuePointers, 1)
    }

    /// A message of libpq without the password.
    func redact(_ message: String) -> String {
        var text = message.trimmed
        for secret in secrets {
            text = text.split(separator: secret, omittingEmptySubsequences: false).joined(separator: "***")
        }
        return text
    }
}
