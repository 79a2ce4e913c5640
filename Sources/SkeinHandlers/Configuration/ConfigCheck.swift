// Static checks of a step's config. Only certain mistakes: a value with a placeholder may become anything.

import SkeinCore

/// Collects the problems of one config.
struct ConfigCheck {
    let config: JSONObject
    let mayHaveInput: Bool
    private(set) var problems: [Problem] = []

    init(_ config: JSONObject, mayHaveInput: Bool) {
        self.config = config
        self.mayHaveInput = mayHaveInput
    }

    /// A value as it will be at run time; `nil` when it is absent, null or has a placeholder.
    func literal(_ key: String) -> JSONValue? {
        guard let value = config[key], !value.isNull, !Self.hasPlaceholder(value) else { return nil }
        return value
    }

    mutating func report(_ code: ProblemCode, _ key: String, _ message: String) {
        problems.append(Problem(code, at: JSONPointer(tokens: [key]), message))
    }

    mutating func report(_ found: [Problem]) {
        problems += found
    }

    /// One of the parameters must be there, unless the input can bring it.
    mutating func require(_ keys: String...) {
        guard !mayHaveInput, let first = keys.first else { return }
        guard !keys.contains(where: { config[$0].map { !$0.isNull } ?? false }) else { return }
        report(.requiredMissing, first, "This step needs \(keys.map { "\"\($0)\"" }.joined(separator: " or ")).")
    }

    /// A parameter under a name that other systems use.
    mutating func rename(_ names: [String: String]) {
        for (old, new) in names.sorted(by: { $0.key < $1.key }) where config[old] != nil {
            report(.unknownField, old, "\"\(old)\" is not a parameter of this step; did you mean \"\(new)\"?")
        }
    }

    mutating func kind(_ key: String, _ kinds: JSONValue.Kind...) {
        guard let value = literal(key), !kinds.contains(value.kind) else { return }
        let expected = kinds.map(\.rawValue).joined(separator: " or ")
        report(.wrongType, key, "\"\(key)\" must be of the type \(expected), not \(value.kind.rawValue).")
    }

    mutating func integer(_ key: String, in bounds: ClosedRange<Int64>) {
        guard let value = literal(key) else { return }
        guard let integer = value.int64 else {
            return report(.wrongType, key, "\"\(key)\" must be a whole number, not \(value.text()).")
        }
        guard bounds.contains(integer) else {
            return report(
                .outOfRange, key,
                "\"\(key)\" must be from \(bounds.lowerBound) to \(bounds.upperBound), not \(integer).")
        }
    }

    /// Malformed placeholders anywhere in the config.
    mutating func templates(_ placeholders: Set<Template.Placeholder> = [.dollar]) {
        report(Template.problems(in: .object(config), at: .root, placeholders: placeholders))
    }

    private static func hasPlaceholder(_ value: JSONValue) -> Bool {
        switch value {
        case .null, .bool, .int, .decimal: false
        case .string(let text): text.contains("${")
        case .array(let elements): elements.contains(where: hasPlaceholder)
        case .object(let object): object.values.contains(where: hasPlaceholder)
        }
    }
}
