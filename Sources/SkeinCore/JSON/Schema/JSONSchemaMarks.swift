// Which members or items of one value have been looked at, for the unevaluated keywords.

/// A set of positions in an array or object.
struct JSONSchemaMarks: Sendable {
    private var words: [UInt64] = []

    mutating func insert(_ index: Int) {
        let word = index / 64
        if word >= words.count { words.append(contentsOf: repeatElement(0, count: word + 1 - words.count)) }
        words[word] |= 1 << UInt64(index % 64)
    }

    mutating func formUnion(_ other: JSONSchemaMarks) {
        if words.isEmpty { return words = other.words }
        for (index, word) in other.words.enumerated() {
            if index < words.count { words[index] |= word } else { words.append(word) }
        }
    }

    func contains(_ index: Int) -> Bool {
        index / 64 < words.count && words[index / 64] & 1 << UInt64(index % 64) != 0
    }

    /// What a union costs.
    var cost: Int { words.count }
}
