extension Setting {
    /// The name that somebody probably meant: a mistyped one, or one without all of its words, as `SKEIN_PORT`.
    static func meant(by name: String) -> String? {
        let wanted = withoutProduct(name)
        var names: [String: Setting] = [:]
        for setting in allCases.reversed() {
            let whole = withoutProduct(setting.name)
            let words = whole.split(separator: "_")
            names[whole] = setting
            if words.count > 1 {
                names[words.dropFirst().joined(separator: "_")] =
                    names[words.dropFirst().joined(separator: "_")] ?? setting
            }
            if words.last == "MS" || words.last == "ID" { names[words.dropLast().joined(separator: "_")] = setting }
        }
        if let exact = names[wanted] { return exact.name }
        return NameSuggestion.nearest(to: wanted, among: names.keys.sorted()).flatMap { names[$0]?.name }
    }

    private static func withoutProduct(_ name: String) -> String {
        name.hasPrefix("SKEIN_") ? String(name.dropFirst("SKEIN_".count)) : name
    }
}
