/// A Lua script and the name under which Redis caches it.
package struct RedisScript: Sendable, Hashable {
    /// The Lua text.
    package let source: String
    /// The SHA-1 of the text in lower-case hexadecimal, as `EVALSHA` wants it.
    package let sha1: String

    /// Makes a script; its hash is computed here, without asking the server.
    package init(_ source: String) {
        self.source = source
        self.sha1 = SHA1.hexDigest(of: source.utf8)
    }
}
