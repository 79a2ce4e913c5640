// One strict reading of a URL, from which the request's own URL is written anew: there is no second reading to
// disagree.

/// An http or https URL.
struct RequestURL: Hashable, Sendable {
    enum Host: Hashable, Sendable {
        case address(IPAddress)
        /// In lower case, without a dot at its end.
        case name(String)
    }

    let isSecure: Bool
    let host: Host
    let port: Int?
    /// Starts with a slash; percent-encoded.
    private(set) var target: String

    /// Reads a URL; the fragment is dropped.
    ///
    /// - Throws: ``EgressDenial`` for other schemes, user info, hosts that are neither a name nor a standard address,
    ///   and anything that does not read as a URL.
    init(_ text: String) throws(EgressDenial) {
        guard text.utf8.count <= 8_192 else { throw EgressDenial("the URL is longer than 8192 bytes") }
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }) else {
            throw EgressDenial("the URL has control characters or backslashes in it")
        }
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else {
            throw EgressDenial("the URL must start with https:// or http://")
        }
        switch text[..<colon].lowercased() {
        case "https": isSecure = true
        case "http": isSecure = false
        case let scheme: throw EgressDenial("the scheme '\(scheme.prefix(20))' is not allowed, only https and http are")
        }
        let rest = text[colon...].dropFirst(3)
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        (host, port) = try Self.authority(rest[..<end])
        let tail = rest[end...].prefix { $0 != "#" }
        target = Self.encoded(tail.first == "/" ? String(tail) : "/" + tail)
    }

    /// Adds a member to the query.
    mutating func add(name: String, value: String) {
        target += (target.contains("?") ? (target.hasSuffix("?") || target.hasSuffix("&") ? "" : "&") : "?")
        target += Self.component(name) + "=" + Self.component(value)
    }

    var hostText: String {
        switch host {
        case .name(let name): name
        case .address(let address): address.isIPv6 ? "[\(address.text)]" : address.text
        }
    }

    var text: String { "\(isSecure ? "https" : "http")://\(hostText)\(port.map { ":\($0)" } ?? "")\(target)" }

    private static func authority(_ text: Substring) throws(EgressDenial) -> (Host, Int?) {
        guard !text.contains("@") else { throw EgressDenial("the URL must not have a user name or password; use auth") }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw EgressDenial("the host must be ASCII; write international names in Punycode")
        }
        if text.first == "[" {
            guard let close = text.firstIndex(of: "]"),
                let address = IPAddress(String(text[text.index(after: text.startIndex)..<close])),
                address.isIPv6
            else { throw EgressDenial("the host in brackets is not an IPv6 address") }
            return (.address(address), try port(text[text.index(after: close)...]))
        }
        let colon = text.firstIndex(of: ":") ?? text.endIndex
        return (try host(String(text[..<colon]).lowercased()), try port(text[colon...]))
    }

    private static func port(_ text: Substring) throws(EgressDenial) -> Int? {
        guard !text.isEmpty else { return nil }
        let digits = text.dropFirst()
        guard text.first == ":", digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(digits),
            (1...65_535).contains(port)
        else { throw EgressDenial("the port of the URL is not a number from 1 to 65535") }
        return port
    }

    /// A host whose last label is numeric must be four decimal numbers: resolvers read `127.1` and `0x7f.1` as
    /// addresses.
    private static func host(_ text: String) throws(EgressDenial) -> Host {
        let bare = text.hasSuffix(".") ? String(text.dropLast()) : text
        let labels = bare.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard bare.utf8.count <= 253, labels.allSatisfy({ (1...63).contains($0.count) && $0.allSatisfy(isNameByte) }),
            let last = labels.last
        else { throw EgressDenial("the URL has no valid host") }
        let isNumeric = last.allSatisfy { (0x30...0x39).contains($0) } || last.starts(with: "0x".utf8)
        guard isNumeric else { return .name(bare) }
        guard let address = IPAddress(bare) else {
            throw EgressDenial("'\(bare.prefix(60))' is not an address in standard notation")
        }
        return .address(address)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_")
    }

    private static let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~".utf8)
    private static let kept = plain.union("!$&'()*+,;=:@/?".utf8)

    /// Escapes what a path and query must not have; escapes that are there stay.
    private static func encoded(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var result = ""
        for (index, byte) in bytes.enumerated() {
            let isEscape =
                byte == UInt8(ascii: "%") && index + 2 < bytes.count && isHex(bytes[index + 1])
                && isHex(bytes[index + 2])
            result += kept.contains(byte) || isEscape ? String(UnicodeScalar(byte)) : escape(byte)
        }
        return result
    }

    private static func component(_ text: String) -> String {
        text.utf8.map { plain.contains($0) ? String(UnicodeScalar($0)) : escape($0) }.joined()
    }

    private static func isHex(_ byte: UInt8) -> Bool { UnicodeScalar(byte).properties.isASCIIHexDigit }

    private static func escape(_ byte: UInt8) -> String {
        "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }
}
