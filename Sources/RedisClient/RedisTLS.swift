/// How a `rediss://` connection is secured.
package struct RedisTLS: Sendable, Hashable {
    /// What is checked about the server's certificate.
    package enum Verification: String, Sendable, Hashable {
        /// The chain and the host name.
        case full
        /// The chain only; for certificates that do not name the host.
        case chain = "ca"
        /// Nothing: traffic is encrypted, but the other side may be anyone.
        case none
    }

    /// What is checked about the server's certificate; `full` by default.
    package var verification: Verification
    /// A PEM file with the authorities to trust; nil trusts the system's.
    package var caFile: String?
    /// A PEM file with the client's certificate chain, for servers that want one.
    package var certificateFile: String?
    /// A PEM file with the client's private key.
    package var keyFile: String?
    /// The name to verify and to send as SNI; nil takes the URL's host.
    package var serverName: String?

    /// Makes TLS settings; everything has a safe default.
    package init(
        verification: Verification = .full, caFile: String? = nil, certificateFile: String? = nil,
        keyFile: String? = nil, serverName: String? = nil
    ) {
        self.verification = verification
        self.caFile = caFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.serverName = serverName
    }
}
