/// "Did you mean": the nearest of a few names.
enum NameSuggestion {
    /// The nearest name within three edits and a quarter of its length; nil when none is near. Swapped neighbours are
    /// one edit.
    static func nearest(to name: String, among names: some Sequence<String>) -> String? {
        let letters = Array(name.uppercased().utf8.prefix(100))
        let limit = min(3, max(1, letters.count / 4))
        var best: (name: String, distance: Int)?
        for candidate in names {
            let distance = distance(letters, Array(candidate.uppercased().utf8))
            if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.name
    }

    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var rows = [Array(0...b.count)]
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var value = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { value = min(value, rows[i - 1][j - 1] + 1) }
                row.append(value)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
