// The grammar of RFC 6570.

/// Checks URI templates of all four levels.
enum URITemplateGrammar {
    static func isValid(_ text: String) -> Bool {
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "{":
                guard let end = rest.firstIndex(of: "}"), isExpression(rest[..<end]) else { return false }
                rest = rest[rest.index(after: end)...]
            case "%":
                guard rest.popFirst()?.isASCIIHexDigit == true, rest.popFirst()?.isASCIIHexDigit == true else {
                    return false
                }
            case _:
                guard isLiteral(scalar) else { return false }
            }
        }
        return true
    }

    private static func isLiteral(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.isASCII else { return URICharacters.isInternational(scalar, true) }
        return scalar.value > 0x20 && scalar.value < 0x7F && !"\"<>\\^`|}".unicodeScalars.contains(scalar)
    }

    private static func isExpression(_ text: Substring.UnicodeScalarView) -> Bool {
        var rest = text
        // The operators after the first seven are reserved for later extensions, but belong to the grammar.
        if let first = rest.first, "+#./;?&=,!@|".unicodeScalars.contains(first) {
            rest.removeFirst()
        }
        return rest.split(separator: ",", omittingEmptySubsequences: false).allSatisfy(isVariable)
    }

    private static func isVariable(_ text: Substring.UnicodeScalarView) -> Bool {
        var name = text
        if name.last == "*" {
            name.removeLast()
        } else if let colon = name.firstIndex(of: ":") {
            let length = name[name.index(after: colon)...]
            guard (1...4).contains(length.count), length.allSatisfy(\.isASCIIDigit), length.first != "0" else {
                return false
            }
            name = name[..<colon]
        }
        return name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
            var rest = part
            while let scalar = rest.popFirst() {
                if scalar == "%" {
                    guard rest.popFirst()?.isASCIIHexDigit == true, rest.popFirst()?.isASCIIHexDigit == true else {
                        return false
                    }
                } else if !scalar.isASCIILetter, !scalar.isASCIIDigit, scalar != "_" {
                    return false
                }
            }
            return !part.isEmpty
        }
    }
}
