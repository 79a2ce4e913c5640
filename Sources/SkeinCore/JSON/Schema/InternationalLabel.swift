// RFC 5892: which characters a Unicode label may have, and in which neighbourhood.

/// Checks single characters of labels.
enum InternationalLabel {
    static func isAllowed(at index: Int, in label: [Unicode.Scalar]) -> Bool {
        let scalar = label[index]
        switch scalar.value {
        case 0xDF, 0x3C2, 0x6FD, 0x6FE, 0xF0B, 0x3007: return true
        case 0x640, 0x7FA, 0x302E, 0x302F, 0x3031...0x3035, 0x303B: return false
        case 0xB7: return index > 0 && label[index - 1] == "l" && index + 1 < label.count && label[index + 1] == "l"
        case 0x375: return index + 1 < label.count && isOf("Greek", label[index + 1])
        case 0x5F3, 0x5F4: return index > 0 && isOf("Hebrew", label[index - 1])
        case 0x30FB: return label.contains { isOf("Hiragana", $0) || isOf("Katakana", $0) || isOf("Han", $0) }
        case 0x660...0x669: return !label.contains { (0x6F0...0x6F9).contains($0.value) }
        case 0x6F0...0x6F9: return !label.contains { (0x660...0x669).contains($0.value) }
        case 0x200C: return isAfterVirama(index, label) || joins(index, label)
        case 0x200D: return isAfterVirama(index, label)
        case _: return scalar == "-" || isStableLetterOrDigit(scalar)
        }
    }

    private static func isOf(_ script: String, _ scalar: Unicode.Scalar) -> Bool {
        // The middle dot itself is common to Hiragana and Katakana and does not count.
        ScriptTable.ranges(of: script)?.isMember(scalar.value) ?? false
    }

    private static func isStableLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        guard !properties.changesWhenNFKCCaseFolded, !isIgnorable(scalar), !isOldHangul(scalar) else { return false }
        switch properties.generalCategory {
        case .lowercaseLetter, .uppercaseLetter, .otherLetter, .decimalNumber, .modifierLetter, .nonspacingMark,
            .spacingMark:
            return true
        case _: return false
        }
    }

    private static func isIgnorable(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isDefaultIgnorableCodePoint || scalar.properties.isWhitespace
            || scalar.properties.isNoncharacterCodePoint
            // Combining marks for symbols, musical symbols.
            || (0x20D0...0x20FF).contains(scalar.value) || (0x1D100...0x1D24F).contains(scalar.value)
    }

    private static func isOldHangul(_ scalar: Unicode.Scalar) -> Bool {
        [0x1100...0x11FF, 0xA960...0xA97F, 0xD7B0...0xD7FF].isMember(scalar.value)
    }

    private static func isAfterVirama(_ index: Int, _ label: [Unicode.Scalar]) -> Bool {
        index > 0 && label[index - 1].properties.canonicalCombiningClass == .virama
    }

    /// Whether the letters on both sides would join over the character.
    private static func joins(_ index: Int, _ label: [Unicode.Scalar]) -> Bool {
        guard let before = label[..<index].last(where: { !isTransparent($0) }),
            let after = label[(index + 1)...].first(where: { !isTransparent($0) })
        else { return false }
        let joinsNext = IDNATable.dualJoining.isMember(before.value) || IDNATable.leftJoining.isMember(before.value)
        let joinsPrevious = IDNATable.dualJoining.isMember(after.value) || IDNATable.rightJoining.isMember(after.value)
        return joinsNext && joinsPrevious
    }

    private static func isTransparent(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: true
        case .format: scalar.value != 0x200C && scalar.value != 0x200D
        case _: false
        }
    }
}
