/// Reading a configuration from one URL. No error says more of the URL than its scheme or a parameter's name.
extension RedisConfiguration {
    /// Reads a URL.
    ///
    /// `redis://[user:password@]host[:port][/database]`, `rediss://…` for TLS, and `redis+unix://[user:password@]/path`
    /// or `unix:///path` for a unix socket. User and password are percent-decoded. Query parameters: `db`,
    /// `client_name`, and for `rediss` `tls_verify` (`full`, `ca` or `none`), `tls_ca`, `tls_cert`, `tls_key` (PEM
    /// files) and `tls_server_name`.
    ///
    /// - Parameter url: The URL, in the forms above.
    /// - Throws: `RedisError` with code `url`; its message never contains the password.
    package init(url: String) throws(RedisError) {
        guard let separator = url.firstRange(of: "://") else {
            throw Self.invalid("no scheme; expected redis://, rediss://, redis+unix:// or unix://")
        }
        let scheme = url[..<separator.lowerBound].lowercased()
        let (rest, query) = Self.split(url[separator.upperBound...], atFirst: "?")
        let (authority, path) = Self.split(rest, atFirst: "/")
        let (login, host) = Self.splitLogin(authority)
        switch scheme {
        case "redis", "rediss":
            let (name, port) = try Self.parseHost(host)
            self.init(address: .tcp(host: name, port: port))
            tls = scheme == "rediss" ? RedisTLS() : nil
            if let path, !path.isEmpty {
                database = try Self.parseDatabase(path)
            }
        case "redis+unix", "unix":
            guard host.isEmpty else { throw Self.invalid("a unix socket URL has three slashes before its path") }
            guard let path, !path.isEmpty else { throw Self.invalid("the path of the unix socket is missing") }
            self.init(address: .unix(path: "/" + (try Self.decode(path, "path"))))
        default:
            throw Self.invalid("unknown scheme; expected redis, rediss, redis+unix or unix")
        }
        try readLogin(login)
        try readQuery(query)
    }

    private mutating func readLogin(_ login: Substring?) throws(RedisError) {
        guard let login else { return }
        let (user, secret) = Self.split(login, atFirst: ":")
        guard let secret else { throw Self.invalid("a login is written user:password@ or :password@") }
        let name = try Self.decode(user, "user")
        username = name.isEmpty ? nil : name
        password = RedisSecret(try Self.decode(secret, "password"))
    }

    private mutating func readQuery(_ query: Substring?) throws(RedisError) {
        for item in query?.split(separator: "&") ?? [] {
            let (name, rawValue) = Self.split(item, atFirst: "=")
            let value = try Self.decode(rawValue ?? "", name)
            switch name {
            case "db": database = try Self.parseDatabase(value[...])
            case "client_name": clientName = value
            case "tls_verify":
                guard let verification = RedisTLS.Verification(rawValue: value) else {
                    throw Self.invalid("tls_verify is full, ca or none")
                }
                try changeTLS(name) { $0.verification = verification }
            case "tls_ca": try changeTLS(name) { $0.caFile = value }
            case "tls_cert": try changeTLS(name) { $0.certificateFile = value }
            case "tls_key": try changeTLS(name) { $0.keyFile = value }
            case "tls_server_name": try changeTLS(name) { $0.serverName = value }
            default: throw Self.invalid("unknown query parameter")
            }
        }
        guard (tls?.certificateFile == nil) == (tls?.keyFile == nil) else {
            throw Self.invalid("tls_cert and tls_key belong together")
        }
    }

    private mutating func changeTLS(_ name: Substring, _ change: (inout RedisTLS) -> Void) throws(RedisError) {
        guard var settings = tls else { throw Self.invalid("\(name) needs a rediss:// URL") }
        change(&settings)
        tls = settings
    }

    private static func parseHost(_ text: Substring) throws(RedisError) -> (host: String, port: Int) {
        var host = text
        var port: Substring?
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw invalid("an IPv6 address lacks its closing bracket") }
            host = text[text.index(after: text.startIndex)..<end]
            let tail = text[text.index(after: end)...]
            guard tail.isEmpty || tail.hasPrefix(":") else { throw invalid("unexpected text after the IPv6 address") }
            port = tail.isEmpty ? nil : tail.dropFirst()
        } else {
            (host, port) = split(text, atFirst: ":")
        }
        guard !host.isEmpty else { throw invalid("the host is missing") }
        guard let port else { return (try decode(host, "host"), 6379) }
        guard let number = UInt16(port), number > 0 else { throw invalid("the port is not a number from 1 to 65535") }
        return (try decode(host, "host"), Int(number))
    }

    private static func parseDatabase(_ text: Substring) throws(RedisError) -> Int {
        guard let number = UInt16(text) else { throw invalid("the database is not a number from 0 to 65535") }
        return Int(number)
    }

    /// The last `@` ends the login, so that an unescaped one inside a password does no harm.
    private static func splitLogin(_ authority: Substring) -> (login: Substring?, host: Substring) {
        guard let at = authority.lastIndex(of: "@") else { return (nil, authority) }
        return (authority[..<at], authority[authority.index(after: at)...])
    }

    private static func split(_ text: Substring, atFirst mark: Character) -> (head: Substring, tail: Substring?) {
        guard let index = text.firstIndex(of: mark) else { return (text, nil) }
        return (text[..<index], text[text.index(after: index)...])
    }

    private static func decode(_ text: Substring, _ what: Substring) throws(RedisError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = Substring(rest.prefix(2))
            guard digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit), let value = UInt8(digits, radix: 16) else {
                throw invalid("\(what) is not percent-encoded correctly")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self), !decoded.utf8.contains(0) else {
            throw invalid("\(what) is not text")
        }
        return decoded
    }

    private static func invalid(_ message: String) -> RedisError {
        RedisError(.url, "unusable Redis URL: \(message)")
    }
}
