// The Unicode properties \p{…} knows: all general categories, the scripts of ScriptTable, common binary properties.

/// One property of characters.
enum ECMAProperty: Sendable {
    case category(IRegexpCharacterClass)
    case script([ClosedRange<UInt32>])
    case binary(@Sendable (Unicode.Scalar.Properties) -> Bool)
    case any, ascii

    /// The property of a name (`Lu`, `Uppercase_Letter`, `Alphabetic`) or of a name and a value (`Script=Greek`).
    init?(_ text: String) {
        let parts = text.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
        switch (parts.first ?? "", parts.dropFirst().first) {
        case (let name, nil):
            guard let property = Self.category(name) ?? Self.binary(name) else { return nil }
            self = property
        case ("General_Category", let value?), ("gc", let value?):
            guard parts.count == 2, let property = Self.category(value) else { return nil }
            self = property
        case ("Script", let value?), ("sc", let value?):
            guard parts.count == 2, let ranges = ScriptTable.ranges(of: value) else { return nil }
            self = .script(ranges)
        case _: return nil
        }
    }

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        switch self {
        case .category(let set): set.contains(scalar)
        case .script(let ranges): ranges.isMember(scalar.value)
        case .binary(let test): test(scalar.properties)
        case .any: true
        case .ascii: scalar.isASCII
        }
    }

    private static func category(_ name: String) -> ECMAProperty? {
        guard let entry = categories.first(where: { $0.contains(name) }) else { return nil }
        let short = entry[0] == "LC" ? ["Lu", "Ll", "Lt"] : [entry[0]]
        return .category(
            IRegexpCharacterClass(
                categories: short.map { IRegexpCharacterClass.Category(name: $0, isComplement: false) }))
    }

    /// Short name, long name, other names.
    private static let categories: [[String]] = [
        ["L", "Letter"], ["LC", "Cased_Letter"], ["Lu", "Uppercase_Letter"], ["Ll", "Lowercase_Letter"],
        ["Lt", "Titlecase_Letter"], ["Lm", "Modifier_Letter"], ["Lo", "Other_Letter"],
        ["M", "Mark", "Combining_Mark"], ["Mn", "Nonspacing_Mark"], ["Mc", "Spacing_Mark"], ["Me", "Enclosing_Mark"],
        ["N", "Number"], ["Nd", "Decimal_Number", "digit"], ["Nl", "Letter_Number"], ["No", "Other_Number"],
        ["P", "Punctuation", "punct"], ["Pc", "Connector_Punctuation"], ["Pd", "Dash_Punctuation"],
        ["Ps", "Open_Punctuation"], ["Pe", "Close_Punctuation"], ["Pi", "Initial_Punctuation"],
        ["Pf", "Final_Punctuation"], ["Po", "Other_Punctuation"], ["S", "Symbol"], ["Sm", "Math_Symbol"],
        ["Sc", "Currency_Symbol"], ["Sk", "Modifier_Symbol"], ["So", "Other_Symbol"], ["Z", "Separator"],
        ["Zs", "Space_Separator"], ["Zl", "Line_Separator"], ["Zp", "Paragraph_Separator"], ["C", "Other"],
        ["Cc", "Control", "cntrl"], ["Cf", "Format"], ["Cs", "Surrogate"], ["Co", "Private_Use"], ["Cn", "Unassigned"],
    ]

    private static func binary(_ name: String) -> ECMAProperty? {
        switch name {
        case "Any": .any
        case "ASCII": .ascii
        case "Assigned": .binary { $0.generalCategory != .unassigned }
        case "Alphabetic", "Alpha": .binary { $0.isAlphabetic }
        case "Uppercase", "Upper": .binary { $0.isUppercase }
        case "Lowercase", "Lower": .binary { $0.isLowercase }
        case "White_Space", "space": .binary { $0.isWhitespace }
        case "ASCII_Hex_Digit", "AHex": .binary { $0.isASCIIHexDigit }
        case "Hex_Digit", "Hex": .binary { $0.isHexDigit }
        case "ID_Start", "IDS": .binary { $0.isIDStart }
        case "ID_Continue", "IDC": .binary { $0.isIDContinue }
        case "XID_Start", "XIDS": .binary { $0.isXIDStart }
        case "XID_Continue", "XIDC": .binary { $0.isXIDContinue }
        case "Math": .binary { $0.isMath }
        case "Dash": .binary { $0.isDash }
        case "Diacritic", "Dia": .binary { $0.isDiacritic }
        case "Ideographic", "Ideo": .binary { $0.isIdeographic }
        case "Emoji": .binary { $0.isEmoji }
        case "Emoji_Presentation", "EPres": .binary { $0.isEmojiPresentation }
        case _: nil
        }
    }
}
