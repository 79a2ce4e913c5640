/// Which addresses steps may connect to: public ones, and what an operator allows besides.
///
/// Public is what the internet routes. Private, loopback, link-local, shared, multicast, documentation and reserved
/// ranges are not, nor is IPv6 that stands for an IPv4 address (mapped, NAT64, 6to4, Teredo).
public struct EgressPolicy: Sendable, Hashable {
    private let allowed: [AddressRange]
    private let denied: [AddressRange]

    /// Public addresses only.
    public static let publicOnly = EgressPolicy(allowed: [], denied: [])

    /// Public addresses and this machine: for development.
    public static let loopbackAllowed = EgressPolicy(
        allowed: ["127.0.0.0/8", "::1/128"].compactMap { AddressRange($0) }, denied: [])

    private init(allowed: [AddressRange], denied: [AddressRange]) {
        self.allowed = allowed
        self.denied = denied
    }

    /// Creates a policy.
    ///
    /// - Parameters:
    ///   - allow: ranges besides the public ones, such as `10.1.0.0/16`, `fd00::/8` or a single address.
    ///   - deny: ranges that are never reached, whatever else holds, such as those of the operator's databases.
    /// - Throws: ``EgressPolicyError`` with everything that is no range.
    public init(allow: [String], deny: [String] = []) throws(EgressPolicyError) {
        let invalid = (allow + deny).filter { AddressRange($0) == nil }
        guard invalid.isEmpty else { throw EgressPolicyError(invalid: invalid) }
        self.init(allowed: allow.compactMap { AddressRange($0) }, denied: deny.compactMap { AddressRange($0) })
    }

    /// Whether an address, in standard notation, may be connected to. Anything else than an address may not.
    public func permits(_ address: String) -> Bool {
        IPAddress(address).map(permits) ?? false
    }

    func permits(_ address: IPAddress) -> Bool {
        if denied.contains(where: { $0.contains(address) }) { return false }
        if allowed.contains(where: { $0.contains(address) }) { return true }
        return !Self.special.contains { $0.contains(address) } && (!address.isIPv6 || Self.globalUnicast(address))
    }

    private static func globalUnicast(_ address: IPAddress) -> Bool { address.bytes[0] & 0xE0 == 0x20 }

    private static let special: [AddressRange] = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        "::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23",
        "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    ].map { text in
        guard let range = AddressRange(text) else { preconditionFailure("\(text) is not a range") }
        return range
    }
}

/// Texts that should have been ranges of addresses.
public struct EgressPolicyError: Error, Sendable, Hashable, CustomStringConvertible {
    /// All of them, as they were given.
    public let invalid: [String]

    /// One sentence that names all of them.
    public var description: String {
        let list = invalid.map { "'\($0)'" }.joined(separator: ", ")
        return "not a range of addresses such as 10.1.0.0/16 or fd00::/8 (bits after the prefix must be zero): \(list)"
    }
}
