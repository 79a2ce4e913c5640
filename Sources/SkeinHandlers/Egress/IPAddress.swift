#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// An IPv4 or IPv6 address as its bytes. An IPv4 address within IPv6 stays what it is written as.
struct IPAddress: Hashable, Sendable {
    /// 4 or 16.
    let bytes: [UInt8]

    /// Reads the standard notations only: four decimal numbers without leading zeros, or IPv6 without a zone.
    init?(_ text: String) {
        guard text.utf8.count <= 45, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        if text.utf8.contains(UInt8(ascii: ":")) {
            var address = in6_addr()
            guard inet_pton(AF_INET6, text, &address) == 1 else { return nil }
            bytes = withUnsafeBytes(of: &address) { Array($0) }
            return
        }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        var bytes: [UInt8] = []
        for part in parts {
            let isPlain = part.count == 1 || part.first != UInt8(ascii: "0")
            guard isPlain, part.allSatisfy({ (0x30...0x39).contains($0) }), let byte = UInt8(String(Substring(part)))
            else {
                return nil
            }
            bytes.append(byte)
        }
        guard bytes.count == 4 else { return nil }
        self.bytes = bytes
    }

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isIPv6: Bool { bytes.count == 16 }

    /// The address as it is connected to.
    var text: String {
        guard isIPv6 else { return bytes.map(String.init).joined(separator: ".") }
        return stride(from: 0, to: 16, by: 2)
            .map { String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16) }
            .joined(separator: ":")
    }
}
