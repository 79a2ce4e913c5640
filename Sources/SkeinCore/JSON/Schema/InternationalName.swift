// Host names of RFC 1123 and internationalised ones of RFC 5890 to 5893 (IDNA 2008). Not checked: that a label is in
// normal form C, for the standard library does not tell.

/// Checks host names.
enum InternationalName {
    /// Whether a text is a host name in ASCII, with valid internationalised labels where it has encoded ones.
    static func isHostname(_ text: String) -> Bool {
        guard text.utf8.count <= 253 else { return false }
        let labels = text.unicodeScalars.split(separator: ".", omittingEmptySubsequences: false).map(Array.init)
        return labels.allSatisfy(isPlainLabel) && areValid(labels)
    }

    /// Whether a text is a host name with labels in ASCII, Unicode or encoded form.
    static func isInternationalHostname(_ text: String) -> Bool {
        // The shortest encoding of a character has more than a quarter of its bytes: longer texts cannot be names.
        guard text.utf8.count <= 4 * 253 else { return false }
        let labels = text.unicodeScalars.split(omittingEmptySubsequences: false) { scalar in
            [".", "\u{3002}", "\u{FF0E}", "\u{FF61}"].contains(scalar)
        }.map(Array.init)
        var length = labels.count - 1
        for label in labels {
            guard let encoded = encodedLength(of: label) else { return false }
            length += encoded
        }
        return length <= 253 && areValid(labels)
    }

    /// Bytes of the label's ASCII form; `nil` when there is none of at most 63 bytes.
    private static func encodedLength(of label: [Unicode.Scalar]) -> Int? {
        guard label.allSatisfy(\.isASCII) else {
            return Punycode.encode(label).map { $0.utf8.count + 4 }.flatMap { $0 <= 63 ? $0 : nil }
        }
        guard isPlainLabel(label), isEncoded(label) || !hasReservedHyphens(label) else { return nil }
        return label.count
    }

    private static func isPlainLabel(_ label: [Unicode.Scalar]) -> Bool {
        (1...63).contains(label.count) && label.first != "-" && label.last != "-"
            && label.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || $0 == "-" }
    }

    private static func isEncoded(_ label: [Unicode.Scalar]) -> Bool {
        hasReservedHyphens(label) && (label[0] == "x" || label[0] == "X") && (label[1] == "n" || label[1] == "N")
    }

    private static func hasReservedHyphens(_ label: [Unicode.Scalar]) -> Bool {
        label.count >= 4 && label[2] == "-" && label[3] == "-"
    }

    /// Whether all labels, decoded where they are encoded, follow the rules for Unicode labels.
    private static func areValid(_ labels: [[Unicode.Scalar]]) -> Bool {
        var decoded: [[Unicode.Scalar]] = []
        for label in labels {
            if label.allSatisfy(\.isASCII), !isEncoded(label) {
                decoded.append(label)
            } else {
                guard let unicode = isEncoded(label) ? decode(label) : label, isUnicodeLabel(unicode) else {
                    return false
                }
                decoded.append(unicode)
            }
        }
        guard decoded.contains(where: { $0.contains { BidiClass($0).isRightToLeft } }) else { return true }
        return decoded.allSatisfy(BidiClass.isValid)
    }

    private static func decode(_ label: [Unicode.Scalar]) -> [Unicode.Scalar]? {
        var text = String.UnicodeScalarView()
        text.append(
            contentsOf: label.dropFirst(4).map { $0.isASCIILetter ? Unicode.Scalar(UInt8($0.value | 0x20)) : $0 })
        guard let decoded = Punycode.decode(String(text)), !decoded.allSatisfy(\.isASCII),
            Punycode.encode(decoded) == String(text)
        else { return nil }
        return decoded
    }

    private static func isUnicodeLabel(_ label: [Unicode.Scalar]) -> Bool {
        guard let first = label.first, first != "-", label.last != "-", !hasReservedHyphens(label),
            !isMark(first)
        else { return false }
        return label.indices.allSatisfy { InternationalLabel.isAllowed(at: $0, in: label) }
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: true
        case _: false
        }
    }
}
