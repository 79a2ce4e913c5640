// The grammars of RFC 3986 (URI) and RFC 3987 (IRI), which differ only in the characters of names.

extension URIReference {
    /// Whether a text is a reference of the grammar.
    ///
    /// - Parameters:
    ///   - isAbsolute: whether a scheme is needed.
    ///   - isInternational: whether characters beyond ASCII are allowed, as in IRIs.
    static func isValid(_ text: String, isAbsolute: Bool, isInternational: Bool) -> Bool {
        let reference = URIReference(text)
        let check = URICharacters(isInternational: isInternational)
        if let scheme = reference.scheme {
            guard isScheme(scheme) else { return false }
        } else {
            guard !isAbsolute else { return false }
            let firstSegment = reference.path.unicodeScalars.prefix { $0 != "/" }
            if reference.authority == nil, firstSegment.contains(":") { return false }
        }
        if let authority = reference.authority {
            guard isAuthority(authority, check) else { return false }
        }
        return check.areAllowed(reference.path, also: ":@/")
            && check.areAllowed(reference.query ?? "", also: ":@/?", allowsPrivate: true)
            && check.areAllowed(reference.fragment ?? "", also: ":@/?")
    }

    private static func isScheme(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, first.isASCIILetter else { return false }
        return text.unicodeScalars.allSatisfy {
            $0.isASCIILetter || $0.isASCIIDigit || "+-.".unicodeScalars.contains($0)
        }
    }

    private static func isAuthority(_ text: String, _ check: URICharacters) -> Bool {
        var rest = text.unicodeScalars[...]
        if let at = rest.firstIndex(of: "@") {
            guard check.areAllowed(String(rest[..<at]), also: ":") else { return false }
            rest = rest[rest.index(after: at)...]
        }
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { return false }
            let literal = String(rest[rest.index(after: rest.startIndex)..<end])
            guard JSONSchemaFormat.isIPv6(literal) || isFutureAddress(literal, check) else { return false }
            rest = rest[rest.index(after: end)...]
            guard let colon = rest.popFirst() else { return true }
            return colon == ":" && rest.allSatisfy(\.isASCIIDigit)
        }
        let host = rest.prefix { $0 != ":" }
        guard check.areAllowed(String(host), also: "") else { return false }
        return rest.dropFirst(host.count + 1).allSatisfy(\.isASCIIDigit)
    }

    private static func isFutureAddress(_ text: String, _ check: URICharacters) -> Bool {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let mark = parts[0].unicodeScalars.first, mark == "v" || mark == "V",
            parts[0].count > 1, !parts[1].isEmpty
        else { return false }
        return parts[0].unicodeScalars.dropFirst().allSatisfy(\.isASCIIHexDigit)
            && !parts[1].contains("%") && URICharacters(isInternational: false).areAllowed(String(parts[1]), also: ":")
    }
}

/// Which characters may stand for themselves.
struct URICharacters: Sendable {
    let isInternational: Bool

    /// Whether a text has only unreserved characters, sub-delimiters, percent-encoded bytes and those named.
    func areAllowed(_ text: String, also others: String, allowsPrivate: Bool = false) -> Bool {
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            if scalar == "%" {
                guard rest.popFirst()?.isASCIIHexDigit == true, rest.popFirst()?.isASCIIHexDigit == true else {
                    return false
                }
                continue
            }
            let isPlain =
                scalar.isASCIILetter || scalar.isASCIIDigit || "-._~!$&'()*+,;=".unicodeScalars.contains(scalar)
                || others.unicodeScalars.contains(scalar)
            guard isPlain || isInternational && Self.isInternational(scalar, allowsPrivate) else { return false }
        }
        return true
    }

    /// `ucschar` of RFC 3987 and, in queries, `iprivate`.
    static func isInternational(_ scalar: Unicode.Scalar, _ allowsPrivate: Bool) -> Bool {
        switch scalar.value {
        case 0xA0...0xD7FF, 0xF900...0xFDCF, 0xFDF0...0xFFEF: true
        case 0xE000...0xF8FF: allowsPrivate
        case 0xF0000...0x10FFFF: allowsPrivate && scalar.value & 0xFFFF < 0xFFFE
        case 0xE0000...0xE0FFF: false
        case 0x10000...0xEFFFF: scalar.value & 0xFFFF < 0xFFFE
        case _: false
        }
    }
}

extension Unicode.Scalar {
    var isASCIIDigit: Bool { (0x30...0x39).contains(value) }
    var isASCIILetter: Bool { (0x41...0x5A).contains(value & ~0x20) }
    var isASCIIHexDigit: Bool { isASCIIDigit || (0x41...0x46).contains(value & ~0x20) }
}
