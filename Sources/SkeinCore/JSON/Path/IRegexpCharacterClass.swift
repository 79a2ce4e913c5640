// Sets of characters: ranges, Unicode general categories, and their complement.

/// What one position of the text may be.
struct IRegexpCharacterClass: Sendable {
    /// A group of general categories by its name in expressions, such as `L` or `Lu`.
    struct Category: Sendable {
        let name: String
        let isComplement: Bool
    }

    var ranges: [ClosedRange<UInt32>] = []
    var categories: [Category] = []
    var isComplement = false

    /// Everything but line feed and carriage return.
    static let dot = IRegexpCharacterClass(ranges: [0x0A...0x0A, 0x0D...0x0D], isComplement: true)

    static func character(_ scalar: Unicode.Scalar) -> IRegexpCharacterClass {
        IRegexpCharacterClass(ranges: [scalar.value...scalar.value])
    }

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        isMember(scalar) != isComplement
    }

    private func isMember(_ scalar: Unicode.Scalar) -> Bool {
        if ranges.contains(where: { $0.contains(scalar.value) }) { return true }
        guard !categories.isEmpty else { return false }
        let name = Self.name(of: scalar.properties.generalCategory)
        return categories.contains { name.hasPrefix($0.name) != $0.isComplement }
    }

    /// The names RFC 9485 allows in `\p{…}`.
    static let categoryNames: Set<String> = [
        "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd", "Nl", "No",
        "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "Z", "Zl", "Zp", "Zs", "S", "Sc", "Sk", "Sm", "So",
        "C", "Cc", "Cf", "Cn", "Co",
    ]

    private static func name(of category: Unicode.GeneralCategory) -> String {
        switch category {
        case .uppercaseLetter: "Lu"
        case .lowercaseLetter: "Ll"
        case .titlecaseLetter: "Lt"
        case .modifierLetter: "Lm"
        case .otherLetter: "Lo"
        case .nonspacingMark: "Mn"
        case .spacingMark: "Mc"
        case .enclosingMark: "Me"
        case .decimalNumber: "Nd"
        case .letterNumber: "Nl"
        case .otherNumber: "No"
        case .connectorPunctuation: "Pc"
        case .dashPunctuation: "Pd"
        case .openPunctuation: "Ps"
        case .closePunctuation: "Pe"
        case .initialPunctuation: "Pi"
        case .finalPunctuation: "Pf"
        case .otherPunctuation: "Po"
        case .mathSymbol: "Sm"
        case .currencySymbol: "Sc"
        case .modifierSymbol: "Sk"
        case .otherSymbol: "So"
        case .spaceSeparator: "Zs"
        case .lineSeparator: "Zl"
        case .paragraphSeparator: "Zp"
        case .control: "Cc"
        case .format: "Cf"
        case .surrogate: "Cs"
        case .privateUse: "Co"
        case .unassigned: "Cn"
        @unknown default: "Cn"
        }
    }
}
