// The grammar of ECMA-262 patterns with the u flag, which knows no leniency: an escape without meaning is an error.

/// Reads one expression; used once and thrown away.
struct ECMARegexParser {
    static let maxDepth = 64
    /// The largest count of a repetition that is told from "any number".
    static let maxCount = 1_000_000

    let scalars: [Unicode.Scalar]
    var index = 0
    private var depth = 0
    private(set) var groupCount = 0
    private(set) var names: [String: Int] = [:]
    private var largestReference = 0
    private var usedNames: [String] = []

    /// Whether the text of a group is ever asked for again.
    var hasReferences: Bool { largestReference > 0 || !usedNames.isEmpty }

    init(_ pattern: String) {
        scalars = Array(pattern.unicodeScalars)
    }

    /// The whole expression.
    mutating func parse() throws(ECMARegexError) -> ECMARegexTree {
        guard scalars.count <= ECMARegex.maxLength else {
            throw ECMARegexError("it is longer than \(ECMARegex.maxLength) characters")
        }
        let tree = try parseAlternatives()
        guard index == scalars.count else { throw ECMARegexError("a closing parenthesis has no opening one") }
        guard largestReference <= groupCount else {
            throw ECMARegexError("\\\(largestReference) refers to a group that does not exist")
        }
        for name in usedNames where names[name] == nil {
            throw ECMARegexError("\\k refers to the group \(name.quoted), which does not exist")
        }
        return tree
    }

    private mutating func parseAlternatives() throws(ECMARegexError) -> ECMARegexTree {
        guard depth < Self.maxDepth else {
            throw ECMARegexError("it nests deeper than \(Self.maxDepth) levels")
        }
        depth += 1
        defer { depth -= 1 }
        var branches: [ECMARegexTree] = []
        repeat {
            var pieces: [ECMARegexTree] = []
            while let scalar = peek(), scalar != "|", scalar != ")" { pieces.append(try parseTerm()) }
            branches.append(.sequence(pieces))
        } while skip("|")
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    private mutating func parseTerm() throws(ECMARegexError) -> ECMARegexTree {
        let firstGroup = groupCount + 1
        let atom = try parseAtom()
        guard let (least, most) = try parseQuantifier() else { return atom }
        switch atom {
        case .anchor, .look: throw ECMARegexError("an assertion cannot be repeated")
        case .set, .sequence, .alternatives, .group, .repetition, .reference, .namedReference: break
        }
        let isGreedy = !skip("?")
        return .repetition(atom, least: least, most: most, isGreedy: isGreedy, groups: firstGroup..<groupCount + 1)
    }

    private mutating func parseAtom() throws(ECMARegexError) -> ECMARegexTree {
        guard let scalar = next() else { throw ECMARegexError("it ends too early") }
        switch scalar {
        case "^": return .anchor(.start)
        case "$": return .anchor(.end)
        case ".": return .set(.dot)
        case "(": return try parseGroup()
        case "[": return .set(try parseClass())
        case "\\": return try parseAtomEscape()
        case "*", "+", "?": throw ECMARegexError("there is nothing that \"\(scalar)\" could repeat")
        case "{", "}", "]": throw ECMARegexError("\"\(scalar)\" needs a backslash")
        case _: return .set(.character(scalar.value))
        }
    }

    private mutating func parseGroup() throws(ECMARegexError) -> ECMARegexTree {
        if skip("?:") { return try closeGroup() }
        if skip("?=") { return .look(try closeGroup(), .forward, isNegative: false) }
        if skip("?!") { return .look(try closeGroup(), .forward, isNegative: true) }
        if skip("?<=") { return .look(try closeGroup(), .backward, isNegative: false) }
        if skip("?<!") { return .look(try closeGroup(), .backward, isNegative: true) }
        groupCount += 1
        let number = groupCount
        if skip("?<") {
            let name = try parseGroupName()
            guard names.updateValue(number, forKey: name) == nil else {
                throw ECMARegexError("the group \(name.quoted) exists twice")
            }
        } else if peek() == "?" {
            throw ECMARegexError("\"(?\" must be followed by :, =, !, <=, <! or a name between < and >")
        }
        return .group(try closeGroup(), number)
    }

    private mutating func closeGroup() throws(ECMARegexError) -> ECMARegexTree {
        let tree = try parseAlternatives()
        guard skip(")") else { throw ECMARegexError("a parenthesis is not closed") }
        return tree
    }

    private mutating func parseGroupName() throws(ECMARegexError) -> String {
        var name = ""
        while let scalar = next(), scalar != ">" { name.unicodeScalars.append(scalar) }
        guard index <= scalars.count, scalars[index - 1] == ">", let first = name.unicodeScalars.first,
            first.properties.isIDStart || first == "$" || first == "_",
            name.unicodeScalars.allSatisfy({ $0.properties.isIDContinue || $0 == "$" })
        else { throw ECMARegexError("the name of a group must be an identifier between < and >") }
        return name
    }

    private mutating func parseQuantifier() throws(ECMARegexError) -> (Int, Int?)? {
        if skip("*") { return (0, nil) }
        if skip("+") { return (1, nil) }
        if skip("?") { return (0, 1) }
        guard skip("{") else { return nil }
        guard let least = parseCount() else { throw ECMARegexError("\"{\" must be followed by a count") }
        var most: Int? = least
        if skip(",") { most = peek() == "}" ? nil : parseCount() ?? -1 }
        guard skip("}") else { throw ECMARegexError("a count must look like {2}, {2,} or {2,5}") }
        if let most, most < least { throw ECMARegexError("the counts of a repetition are out of order") }
        return (least, most)
    }

    private mutating func parseCount() -> Int? {
        let start = index
        var count = 0
        while let scalar = peek(), ("0"..."9").contains(scalar) {
            count = min(count * 10 + Int(scalar.value - 0x30), Self.maxCount)
            index += 1
        }
        return index > start ? count : nil
    }

    private mutating func parseAtomEscape() throws(ECMARegexError) -> ECMARegexTree {
        if skip("b") { return .anchor(.wordBoundary) }
        if skip("B") { return .anchor(.noWordBoundary) }
        if skip("k") {
            guard skip("<") else { throw ECMARegexError("\\k must be followed by a name between < and >") }
            let name = try parseGroupName()
            usedNames.append(name)
            return .namedReference(name)
        }
        if let digit = peek(), ("1"..."9").contains(digit), let number = parseCount() {
            largestReference = max(largestReference, number)
            return .reference(number)
        }
        return .set(try parseCharacterEscape(inClass: false))
    }

    func peek(_ distance: Int = 0) -> Unicode.Scalar? {
        index + distance < scalars.count ? scalars[index + distance] : nil
    }

    mutating func next() -> Unicode.Scalar? {
        guard index < scalars.count else { return nil }
        index += 1
        return scalars[index - 1]
    }

    mutating func skip(_ text: String) -> Bool {
        guard scalars[index...].starts(with: text.unicodeScalars) else { return false }
        index += text.unicodeScalars.count
        return true
    }
}
