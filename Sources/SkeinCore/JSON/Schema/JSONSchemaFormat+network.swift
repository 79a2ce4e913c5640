// Addresses: of hosts as numbers, and of people.

extension JSONSchemaFormat {
    static func isIPv4(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                guard (1...3).contains(part.count), part.allSatisfy(JSONNumberGrammar.isDigit),
                    part.count == 1 || part.first != UInt8(ascii: "0")
                else { return false }
                return part.reduce(0) { $0 * 10 + Int($1 - 0x30) } < 256
            }
    }

    static func isIPv6(_ text: String) -> Bool {
        // The longest form has 45 characters; longer texts need no look.
        guard text.utf8.count <= 45, let gap = Self.onlyGap(text) else { return false }
        let (front, back) = gap
        guard let back else { return groups(front, allowsIPv4: true) == 8 }
        guard let first = front.isEmpty ? 0 : groups(front, allowsIPv4: false),
            let second = back.isEmpty ? 0 : groups(back, allowsIPv4: true)
        else { return false }
        return first + second <= 7
    }

    /// What lies before and after `::`; `nil` when it is there twice.
    private static func onlyGap(_ text: String) -> (front: String, back: String?)? {
        let bytes = Array(text.utf8)
        let colon = UInt8(ascii: ":")
        let places = bytes.indices.dropLast().filter { bytes[$0] == colon && bytes[$0 + 1] == colon }
        guard let place = places.first else { return (text, nil) }
        guard places.count == 1 else { return nil }
        return (
            String(decoding: bytes[..<place], as: UTF8.self), String(decoding: bytes[(place + 2)...], as: UTF8.self)
        )
    }

    private static func groups(_ text: String, allowsIPv4: Bool) -> Int? {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        var count = 0
        if allowsIPv4, let last = parts.last, last.contains(".") {
            guard isIPv4(last) else { return nil }
            parts.removeLast()
            count = 2
        }
        let areGroups = parts.allSatisfy { part in
            (1...4).contains(part.utf8.count) && part.unicodeScalars.allSatisfy(\.isASCIIHexDigit)
        }
        return areGroups ? count + parts.count : nil
    }

    /// A mailbox of RFC 5321, with the characters of RFC 6531 when international.
    static func isEmail(_ text: String, isInternational: Bool) -> Bool {
        let scalars = Array(text.unicodeScalars)
        guard let at = scalars.lastIndex(of: "@") else { return false }
        let local = scalars[..<at]
        var domain = String.UnicodeScalarView()
        domain.append(contentsOf: scalars[(at + 1)...])
        return isLocalPart(local, isInternational) && isMailDomain(String(domain), isInternational)
    }

    private static func isLocalPart(_ text: ArraySlice<Unicode.Scalar>, _ isInternational: Bool) -> Bool {
        guard !text.isEmpty, text.reduce(0, { $0 + UTF8.width($1) }) <= 64 else { return false }
        if text.first == "\"" { return isQuotedString(text, isInternational) }
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { atom in
            !atom.isEmpty
                && atom.allSatisfy {
                    $0.isASCIILetter || $0.isASCIIDigit || "!#$%&'*+-/=?^_`{|}~".unicodeScalars.contains($0)
                        || isInternational && !$0.isASCII
                }
        }
    }

    private static func isQuotedString(_ text: ArraySlice<Unicode.Scalar>, _ isInternational: Bool) -> Bool {
        guard text.count >= 2, text.last == "\"" else { return false }
        var rest = text.dropFirst().dropLast()
        while let scalar = rest.popFirst() {
            if scalar == "\\" {
                guard let escaped = rest.popFirst(), (0x20...0x7E).contains(escaped.value) else { return false }
                continue
            }
            let isPlain = (0x20...0x7E).contains(scalar.value) && scalar != "\""
            guard isPlain || isInternational && !scalar.isASCII else { return false }
        }
        return true
    }

    private static func isMailDomain(_ text: String, _ isInternational: Bool) -> Bool {
        if text.hasPrefix("["), text.hasSuffix("]") {
            let literal = String(text.dropFirst().dropLast())
            if literal.lowercased().hasPrefix("ipv6:") { return isIPv6(String(literal.dropFirst(5))) }
            return isIPv4(literal)
        }
        guard isInternational else { return InternationalName.isHostname(text) }
        // RFC 6531 takes any UTF-8 label; whether the name can be looked up is another question.
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && label.unicodeScalars.first != "-" && label.unicodeScalars.last != "-"
                && label.unicodeScalars.allSatisfy { !$0.isASCII || $0.isASCIILetter || $0.isASCIIDigit || $0 == "-" }
        }
    }
}
