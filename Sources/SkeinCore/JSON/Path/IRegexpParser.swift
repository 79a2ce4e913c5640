// The grammar of RFC 9485, section 3. Anything outside of it is refused, such as look-around or back-references.

/// Reads one expression; used once and thrown away.
struct IRegexpParser {
    static let maxDepth = 64

    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var depth = 0

    init(_ pattern: String) {
        scalars = Array(pattern.unicodeScalars)
    }

    /// The whole expression; `nil` when it does not follow the grammar.
    mutating func parse() -> IRegexpTree? {
        guard let tree = parseAlternatives(), index == scalars.count else { return nil }
        return tree
    }

    private mutating func parseAlternatives() -> IRegexpTree? {
        guard depth < Self.maxDepth else { return nil }
        depth += 1
        defer { depth -= 1 }
        var branches: [IRegexpTree] = []
        repeat {
            guard let branch = parseBranch() else { return nil }
            branches.append(branch)
        } while skip("|")
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    private mutating func parseBranch() -> IRegexpTree? {
        var pieces: [IRegexpTree] = []
        while let scalar = peek(), scalar != "|", scalar != ")" {
            guard let atom = parseAtom(), let piece = parseQuantifier(of: atom) else { return nil }
            pieces.append(piece)
        }
        return .sequence(pieces)
    }

    private mutating func parseAtom() -> IRegexpTree? {
        guard let scalar = next() else { return nil }
        switch scalar {
        case "(":
            guard let group = parseAlternatives(), skip(")") else { return nil }
            return group
        case ".": return .character(.dot)
        case "^": return .anchor(.start)
        case "$": return .anchor(.end)
        case "[": return parseClass().map(IRegexpTree.character)
        case "\\": return parseEscape().map(IRegexpTree.character)
        case ")", "*", "+", "?", "]", "{", "|", "}": return nil
        case _: return .character(.character(scalar))
        }
    }

    private mutating func parseQuantifier(of atom: IRegexpTree) -> IRegexpTree? {
        if skip("*") { return .repetition(atom, 0, nil) }
        if skip("+") { return .repetition(atom, 1, nil) }
        if skip("?") { return .repetition(atom, 0, 1) }
        guard skip("{") else { return atom }
        guard let least = parseCount() else { return nil }
        var most: Int? = least
        if skip(",") {
            if peek() == "}" {
                most = nil
            } else {
                guard let count = parseCount(), count >= least else { return nil }
                most = count
            }
        }
        return skip("}") ? .repetition(atom, least, most) : nil
    }

    private mutating func parseCount() -> Int? {
        let start = index
        while let scalar = peek(), ("0"..."9").contains(scalar) { index += 1 }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars[start..<index])
        guard let count = Int(String(text)), count <= IRegexp.maxInstructions else { return nil }
        return count
    }

    private mutating func parseClass() -> IRegexpCharacterClass? {
        var result = IRegexpCharacterClass()
        result.isComplement = skip("^")
        var isFirst = true
        if skip("-") {
            result.ranges.append(0x2D...0x2D)
            isFirst = false
        }
        while true {
            if !isFirst, skip("]") { return result }
            if !isFirst, skip("-") {
                result.ranges.append(0x2D...0x2D)
                return skip("]") ? result : nil
            }
            guard parseClassItem(into: &result) else { return nil }
            isFirst = false
        }
    }

    /// One character, range or category.
    private mutating func parseClassItem(into result: inout IRegexpCharacterClass) -> Bool {
        if peek() == "\\", let kind = peek(1), kind == "p" || kind == "P" {
            index += 1
            guard let category = parseEscape() else { return false }
            result.categories += category.categories
            return true
        }
        guard let first = parseClassCharacter() else { return false }
        guard peek() == "-", let after = peek(1), after != "]" else {
            result.ranges.append(first.value...first.value)
            return true
        }
        index += 1
        guard let last = parseClassCharacter(), first <= last else { return false }
        result.ranges.append(first.value...last.value)
        return true
    }

    private mutating func parseClassCharacter() -> Unicode.Scalar? {
        guard let scalar = next() else { return nil }
        switch scalar {
        case "-", "[", "]": return nil
        case "\\": return next().flatMap(Self.escaped)
        case _: return scalar
        }
    }

    /// What follows a backslash.
    private mutating func parseEscape() -> IRegexpCharacterClass? {
        guard let kind = next() else { return nil }
        guard kind == "p" || kind == "P" else { return Self.escaped(kind).map(IRegexpCharacterClass.character) }
        guard skip("{") else { return nil }
        var name = ""
        while let scalar = next(), scalar != "}" {
            guard name.unicodeScalars.count < 2 else { return nil }
            name.unicodeScalars.append(scalar)
        }
        guard scalars[index - 1] == "}", IRegexpCharacterClass.categoryNames.contains(name) else { return nil }
        return IRegexpCharacterClass(categories: [.init(name: name, isComplement: kind == "P")])
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        switch scalar {
        case "n": "\n"
        case "r": "\r"
        case "t": "\t"
        case "(", ")", "*", "+", "-", ".", "?", "[", "\\", "]", "^", "{", "|", "}": scalar
        case _: nil
        }
    }

    private func peek(_ offset: Int = 0) -> Unicode.Scalar? {
        index + offset < scalars.count ? scalars[index + offset] : nil
    }

    private mutating func next() -> Unicode.Scalar? {
        guard let scalar = peek() else { return nil }
        index += 1
        return scalar
    }

    private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        guard peek() == scalar else { return false }
        index += 1
        return true
    }
}
