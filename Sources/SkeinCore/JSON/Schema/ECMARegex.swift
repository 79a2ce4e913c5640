// Regular expressions of ECMA-262 with the u flag, the dialect of JSON Schema. Unlike I-Regexp they have look-around
// and back-references, so the machine backtracks; the matcher keeps that within a budget of steps.

/// A compiled expression.
struct ECMARegex: Sendable {
    /// One instruction; targets are indices of the program.
    enum Instruction: Sendable {
        /// One character, read in the direction of the enclosing assertion.
        case set(ECMACharacterSet, ECMADirection)
        /// Between `least` and `most` characters of one set, in one step instead of `most` copies.
        case run(ECMACharacterSet, ECMADirection, least: Int, most: Int, isGreedy: Bool)
        /// Two ways to go on, the preferred one first; `number` counts the splits of the program.
        case split(Int, Int, number: Int)
        case jump(Int)
        /// Keeps the position as one end of a group.
        case capture(Int)
        /// Forgets groups at the start of a repetition's next turn.
        case forget(Range<Int>)
        /// Keeps the position at the start of a turn.
        case mark(Int)
        /// Fails when the turn took no character.
        case progress(Int)
        case anchor(ECMAAnchor)
        /// The text of a group once more.
        case reference(Int, ECMADirection)
        /// The assertion's body follows; the program goes on at `end`.
        case look(end: Int, isNegative: Bool)
        case accept
    }

    /// The longest expression in Unicode scalars.
    static let maxLength = 10_000
    /// The most instructions; most counted repetitions are written out.
    static let maxInstructions = 10_000

    let program: [Instruction]
    let splitCount: Int
    let markCount: Int
    /// Two ends per group, none when the expression has no back-reference and groups need not be kept.
    let captureCount: Int

    /// Compiles an expression.
    ///
    /// - Throws: ``ECMARegexError`` when it does not follow the grammar or is too large.
    init(_ pattern: String) throws(ECMARegexError) {
        var parser = ECMARegexParser(pattern)
        let tree = try parser.parse()
        var compiler = ECMARegexCompiler(keepsGroups: parser.hasReferences, names: parser.names)
        try compiler.emit(tree, .forward)
        try compiler.append(.accept)
        program = compiler.program
        splitCount = compiler.splitCount
        markCount = compiler.markCount
        captureCount = parser.hasReferences ? 2 * (parser.groupCount + 1) : 0
    }

    /// Whether a part of the text matches; `nil` when the steps run out.
    func isFound(in text: String, steps: inout Int) -> Bool? {
        var matcher = ECMARegexMatcher(regex: self, text: Array(text.unicodeScalars), steps: steps)
        let isFound = matcher.search()
        steps = matcher.steps
        return isFound
    }
}

/// The way an instruction reads: an assertion about what lies before reads backward.
enum ECMADirection: Sendable {
    case forward, backward
}

/// A place in the text that takes no character.
enum ECMAAnchor: Sendable {
    case start, end, wordBoundary, noWordBoundary
}

/// Why a text is no regular expression.
struct ECMARegexError: Error, Sendable, Hashable {
    /// What is wrong, as the end of a sentence.
    let reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}

/// An expression as written.
indirect enum ECMARegexTree: Sendable {
    case set(ECMACharacterSet)
    case anchor(ECMAAnchor)
    case sequence([ECMARegexTree])
    case alternatives([ECMARegexTree])
    case group(ECMARegexTree, Int)
    /// `nil` as the upper bound is no bound; the range holds the groups inside.
    case repetition(ECMARegexTree, least: Int, most: Int?, isGreedy: Bool, groups: Range<Int>)
    case look(ECMARegexTree, ECMADirection, isNegative: Bool)
    case reference(Int)
    case namedReference(String)
}
