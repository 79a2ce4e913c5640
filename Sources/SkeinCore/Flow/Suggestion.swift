// "Did you mean": the nearest of a few names. Bounded, because the names come from outside.

/// Finds the name somebody probably meant.
package enum Suggestion {
    /// Longer names get no suggestion.
    static let maxLength = 64

    /// The nearest candidate within a third of the name's length, at most 3 edits; the first of equally near ones.
    package static func nearest(to name: String, among candidates: some Sequence<String>) -> String? {
        let letters = Array(name.unicodeScalars)
        guard !letters.isEmpty, letters.count <= maxLength else { return nil }
        var best: (name: String, distance: Int)?
        var limit = min(3, max(1, letters.count / 3))
        for candidate in candidates {
            let other = Array(candidate.unicodeScalars.prefix(maxLength + 1))
            guard abs(other.count - letters.count) <= limit, other.count <= maxLength else { continue }
            let distance = distance(letters, other)
            guard distance <= limit, distance > 0 || candidate != name else { continue }
            best = (candidate, distance)
            if distance <= 1 { break }
            limit = distance - 1
        }
        return best?.name
    }

    /// The end of a sentence: `; did you mean "x"?` or a full stop.
    package static func phrase(for name: String, among candidates: some Sequence<String>) -> String {
        nearest(to: name, among: candidates).map { "; did you mean \($0.quoted)?" } ?? "."
    }

    /// Insertions, deletions, replacements and swaps of neighbours; upper and lower case are the same.
    private static func distance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
        var beforePrevious: [Int] = []
        var previous = Array(0...b.count)
        for i in a.indices {
            var current = [i + 1] + Array(repeating: 0, count: b.count)
            for j in b.indices {
                let cost = same(a[i], b[j]) ? 0 : 1
                current[j + 1] = min(previous[j + 1] + 1, current[j] + 1, previous[j] + cost)
                if i > 0, j > 0, same(a[i], b[j - 1]), same(a[i - 1], b[j]) {
                    current[j + 1] = min(current[j + 1], beforePrevious[j - 1] + 1)
                }
            }
            beforePrevious = previous
            previous = current
        }
        return previous[b.count]
    }

    private static func same(_ a: Unicode.Scalar, _ b: Unicode.Scalar) -> Bool {
        a == b || a.properties.lowercaseMapping == b.properties.lowercaseMapping
    }
}
