// RFC 5893: names with letters written from right to left.

/// The bidirectional class of a character, as far as labels can have it.
enum BidiClass: Sendable {
    case left, right, arabicLetter, european, arabicNumber, separator, mark, neutral

    init(_ scalar: Unicode.Scalar) {
        switch scalar.value {
        case 0x30...0x39, 0x6F0...0x6F9: self = .european
        case 0x2D: self = .separator
        case _ where IDNATable.rightToLeft.isMember(scalar.value): self = .right
        case _ where IDNATable.arabicLetters.isMember(scalar.value): self = .arabicLetter
        case _ where IDNATable.arabicNumbers.isMember(scalar.value): self = .arabicNumber
        case _:
            switch scalar.properties.generalCategory {
            case .nonspacingMark, .enclosingMark: self = .mark
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .spacingMark,
                .decimalNumber, .letterNumber:
                self = .left
            case _: self = .neutral
            }
        }
    }

    /// Whether a name with such a character is under the rule.
    var isRightToLeft: Bool {
        switch self {
        case .right, .arabicLetter, .arabicNumber: true
        case .left, .european, .separator, .mark, .neutral: false
        }
    }

    /// The six conditions on a label of a name that has right-to-left characters anywhere.
    static func isValid(_ label: [Unicode.Scalar]) -> Bool {
        let classes = label.map(BidiClass.init)
        guard let first = classes.first, let last = classes.last(where: { $0 != .mark }) else { return false }
        switch first {
        case .right, .arabicLetter:
            let endsWell = last == .right || last == .arabicLetter || last == .european || last == .arabicNumber
            return endsWell && !classes.contains(.left)
                && !(classes.contains(.european) && classes.contains(.arabicNumber))
        case .left:
            return (last == .left || last == .european) && !classes.contains(where: \.isRightToLeft)
        case .european, .arabicNumber, .separator, .mark, .neutral:
            return false
        }
    }
}
