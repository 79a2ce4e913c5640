// A text within a text in linear time, whatever the texts are.

/// The search of Knuth, Morris and Pratt on UTF-8.
enum ByteSearch {
    /// Whether a text contains another one as a sequence of code points; the empty text is in every text.
    static func contains(_ text: some Sequence<UInt8>, _ part: some Collection<UInt8>) -> Bool {
        let part = Array(part)
        guard !part.isEmpty else { return true }
        let borders = borders(of: part)
        var matched = 0
        for byte in text {
            while matched > 0, part[matched] != byte { matched = borders[matched - 1] }
            if part[matched] == byte { matched += 1 }
            if matched == part.count { return true }
        }
        return false
    }

    /// For each prefix the length of the longest other prefix it ends with.
    private static func borders(of part: [UInt8]) -> [Int] {
        var borders = Array(repeating: 0, count: part.count)
        var length = 0
        for index in part.indices.dropFirst() {
            while length > 0, part[length] != part[index] { length = borders[length - 1] }
            if part[length] == part[index] { length += 1 }
            borders[index] = length
        }
        return borders
    }
}
