// Versions of flows, as semver.org 2.0.0 writes and orders them. Numbers are compared as text: they may have any
// length.

/// A version such as `1.4.0`, `2.0.0-rc.1` or `1.0.0+build.7`.
///
/// Two versions are equal when their texts are. ``precedence(over:)`` is the order of semver.org, in which build
/// metadata does not count; `<` agrees with it and orders versions that differ only in build metadata by that, so that
/// sorting is the same everywhere.
public struct SemanticVersion: Sendable {
    /// The version as it was written.
    public let text: String
    /// The three numbers, in decimal without leading zeros.
    let core: [Substring]
    /// The dot-separated identifiers after `-`; empty for a release.
    let prerelease: [Substring]
    /// What follows `+`; empty when there is none.
    let build: Substring

    /// Parses a version.
    ///
    /// Returns `nil` for anything but the grammar of semver.org 2.0.0: `1.0`, `v1.0.0`, `01.0.0` and `1.0.0-01` are
    /// none.
    public init?(_ text: String) {
        self.text = text
        let (rest, build) = Self.cut(text[...], at: "+")
        let (core, prerelease) = Self.cut(rest, at: "-")
        self.core = core.split(separator: ".", omittingEmptySubsequences: false)
        self.prerelease = prerelease?.split(separator: ".", omittingEmptySubsequences: false) ?? []
        self.build = build ?? ""
        guard self.core.count == 3, self.core.allSatisfy({ Self.isNumber($0) && !Self.hasLeadingZero($0) }) else {
            return nil
        }
        guard self.prerelease.allSatisfy({ Self.isIdentifier($0) && !(Self.isNumber($0) && Self.hasLeadingZero($0)) })
        else { return nil }
        if let build {
            guard build.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(Self.isIdentifier) else {
                return nil
            }
        }
    }

    /// Whether this is a version before its release (`1.0.0-rc.1`).
    public var isPrerelease: Bool { !prerelease.isEmpty }

    /// The next version that mends something: `1.4.1` after `1.4.0`, and after `1.4.1-rc.1`.
    public var nextPatch: String {
        let patch = isPrerelease ? String(core[2]) : Self.successor(of: core[2])
        return "\(core[0]).\(core[1]).\(patch)"
    }

    private static func successor(of digits: Substring) -> String {
        var result: [UInt8] = []
        var carries = true
        for digit in digits.utf8.reversed() {
            let isNine = digit == UInt8(ascii: "9")
            result.append(carries ? (isNine ? UInt8(ascii: "0") : digit + 1) : digit)
            carries = carries && isNine
        }
        if carries { result.append(UInt8(ascii: "1")) }
        return String(decoding: result.reversed(), as: UTF8.self)
    }

    /// How this version stands to another in the order of semver.org, which disregards build metadata.
    public func precedence(over other: SemanticVersion) -> JSONOrder {
        for (mine, theirs) in zip(core, other.core) {
            let order = Self.compareNumbers(mine, theirs)
            if order != .same { return order }
        }
        if isPrerelease != other.isPrerelease { return isPrerelease ? .ascending : .descending }
        for (mine, theirs) in zip(prerelease, other.prerelease) {
            let order = Self.compareIdentifiers(mine, theirs)
            if order != .same { return order }
        }
        return JSONOrder(prerelease.count, other.prerelease.count)
    }
}

extension SemanticVersion: Hashable, Comparable {
    /// Whether both are written the same.
    public static func == (lhs: SemanticVersion, rhs: SemanticVersion) -> Bool {
        lhs.text == rhs.text
    }

    /// Feeds the text.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(text)
    }

    /// Whether the first is older; build metadata decides between versions of equal precedence.
    public static func < (lhs: SemanticVersion, rhs: SemanticVersion) -> Bool {
        switch lhs.precedence(over: rhs) {
        case .ascending: true
        case .descending: false
        case .same: lhs.build.utf8.lexicographicallyPrecedes(rhs.build.utf8)
        }
    }
}

extension SemanticVersion: CustomStringConvertible {
    /// The version as it was written.
    public var description: String { text }
}

extension SemanticVersion {
    private static func cut(_ text: Substring, at separator: Character) -> (Substring, Substring?) {
        guard let index = text.utf8.firstIndex(of: separator.asciiValue ?? 0) else { return (text, nil) }
        return (text[..<index], text[text.utf8.index(after: index)...])
    }

    private static func isNumber(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func hasLeadingZero(_ text: Substring) -> Bool {
        text.utf8.count > 1 && text.utf8.first == 0x30
    }

    private static func isIdentifier(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D: true
                case _: false
                }
            }
    }

    /// Without leading zeros the longer number is the greater one.
    private static func compareNumbers(_ lhs: Substring, _ rhs: Substring) -> JSONOrder {
        let order = JSONOrder(lhs.utf8.count, rhs.utf8.count)
        return order == .same ? compareText(lhs, rhs) : order
    }

    private static func compareIdentifiers(_ lhs: Substring, _ rhs: Substring) -> JSONOrder {
        switch (isNumber(lhs), isNumber(rhs)) {
        case (true, true): compareNumbers(lhs, rhs)
        case (true, false): .ascending
        case (false, true): .descending
        case (false, false): compareText(lhs, rhs)
        }
    }

    private static func compareText(_ lhs: Substring, _ rhs: Substring) -> JSONOrder {
        if lhs.utf8.lexicographicallyPrecedes(rhs.utf8) { return .ascending }
        return lhs.utf8.elementsEqual(rhs.utf8) ? .same : .descending
    }
}
