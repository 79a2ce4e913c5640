/// A range of addresses in CIDR notation.
struct AddressRange: Hashable, Sendable {
    let base: IPAddress
    let prefix: Int

    /// Reads `10.0.0.0/8`, or one address. Bits of the address beyond the prefix must be zero.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let base = IPAddress(String(parts[0])) else { return nil }
        var prefix = base.bytes.count * 8
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let bits = Int(parts[1]), bits <= prefix
            else {
                return nil
            }
            prefix = bits
        }
        self.base = base
        self.prefix = prefix
        for bit in prefix..<base.bytes.count * 8 where base.bytes[bit / 8] & (0x80 >> UInt8(bit % 8)) != 0 {
            return nil
        }
    }

    func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == base.bytes.count else { return false }
        let whole = prefix / 8
        guard address.bytes.prefix(whole) == base.bytes.prefix(whole) else { return false }
        let rest = prefix % 8
        guard rest > 0 else { return true }
        let mask = ~(UInt8(0xFF) >> UInt8(rest))
        return address.bytes[whole] & mask == base.bytes[whole]
    }
}
