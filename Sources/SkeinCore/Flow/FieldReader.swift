// Reads the fields of one object of a definition with their types and bounds. Null is the same as absent everywhere.

/// One object and its place; every method reports what is wrong and returns `nil` then.
struct FieldReader {
    let object: JSONObject
    let pointer: JSONPointer

    /// Spans of time end at ten years of 365 days.
    static let maxMilliseconds: Int64 = 10 * 365 * 24 * 3600 * 1000

    func place(_ key: String) -> JSONPointer { pointer.appending(key: key) }

    /// A field that is there and not null.
    func value(_ key: String) -> JSONValue? {
        guard let value = object[key], !value.isNull else { return nil }
        return value
    }

    /// Reports fields that do not exist; `hints` say for some of them where they belong.
    func checkNames(
        _ known: [String], hints: [String: String] = [:], of owner: String, into problems: inout ProblemCollector
    ) {
        for key in object.keys where !known.contains(key) {
            let ending = hints[key].map { "; did you mean \($0)?" } ?? problems.phrase(for: key, among: known)
            problems.error(.unknownField, at: place(key), "\(key.quoted) is not a field of \(owner)\(ending)")
        }
    }

    func string(_ key: String, into problems: inout ProblemCollector) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value.string else { return mismatch(key, "a text", value, &problems) }
        return text
    }

    func bool(_ key: String, into problems: inout ProblemCollector) -> Bool? {
        guard let value = value(key) else { return nil }
        guard case .bool(let flag) = value else { return mismatch(key, "true or false", value, &problems) }
        return flag
    }

    /// A text that must be there and not be empty.
    func requiredString(_ key: String, of owner: String, into problems: inout ProblemCollector) -> String? {
        guard let value = value(key) else {
            problems.error(.requiredMissing, at: place(key), "\(owner) needs \(key.quoted).")
            return nil
        }
        guard let text = value.string else { return mismatch(key, "a text", value, &problems) }
        guard !text.isEmpty else {
            problems.error(.requiredMissing, at: place(key), "\(key.quoted) must not be empty.")
            return nil
        }
        return text
    }

    func object(_ key: String, into problems: inout ProblemCollector) -> JSONObject? {
        guard let value = value(key) else { return nil }
        guard let object = value.object else { return mismatch(key, "an object", value, &problems) }
        return object
    }

    /// A reader for an object within this one.
    func reader(_ key: String, into problems: inout ProblemCollector) -> FieldReader? {
        object(key, into: &problems).map { FieldReader(object: $0, pointer: place(key)) }
    }

    /// A list of texts, none of them empty.
    func strings(_ key: String, into problems: inout ProblemCollector) -> [String]? {
        guard let value = value(key) else { return nil }
        guard let elements = value.array else { return mismatch(key, "a list of texts", value, &problems) }
        var texts: [String] = []
        for (index, element) in elements.enumerated() {
            let place = place(key).appending(index: index)
            guard let text = element.string else {
                problems.error(.wrongType, at: place, "This must be a text, not \(element.kind.withArticle).")
                continue
            }
            if text.isEmpty { problems.error(.badValue, at: place, "This must not be empty.") }
            texts.append(text)
        }
        return texts
    }

    func integer(_ key: String, in bounds: ClosedRange<Int64>, into problems: inout ProblemCollector) -> Int? {
        guard let value = value(key) else { return nil }
        guard value.kind == .number else { return mismatch(key, "an integer", value, &problems) }
        guard let number = value.int64 else {
            // Too large for 64 bits, or with a fraction: the bounds tell which.
            let isWithin = value >= .int(bounds.lowerBound) && value <= .int(bounds.upperBound)
            guard isWithin else { return outside(key, bounds, &problems) }
            problems.error(.wrongType, at: place(key), "\(key.quoted) must be an integer, without a fraction.")
            return nil
        }
        guard bounds.contains(number) else { return outside(key, bounds, &problems) }
        return Int(exactly: number)
    }

    func number(_ key: String, in bounds: ClosedRange<Double>, into problems: inout ProblemCollector) -> Double? {
        guard let value = value(key) else { return nil }
        guard value.kind == .number else { return mismatch(key, "a number", value, &problems) }
        guard let number = value.double, bounds.contains(number) else {
            let text = "\(key.quoted) must be from \(Self.text(bounds.lowerBound)) to \(Self.text(bounds.upperBound))."
            problems.error(.outOfRange, at: place(key), text)
            return nil
        }
        return number
    }

    /// A whole number of milliseconds up to ten years.
    func duration(_ key: String, from least: Int64 = 1, into problems: inout ProblemCollector) -> Duration? {
        integer(key, in: least...Self.maxMilliseconds, into: &problems).map { .milliseconds($0) }
    }

    private func outside<T>(_ key: String, _ bounds: ClosedRange<Int64>, _ problems: inout ProblemCollector) -> T? {
        let unit = key.hasSuffix("Ms") ? " milliseconds" : ""
        problems.error(
            .outOfRange, at: place(key),
            "\(key.quoted) must be from \(bounds.lowerBound) to \(bounds.upperBound)\(unit).")
        return nil
    }

    private func mismatch<T>(
        _ key: String, _ expected: String, _ value: JSONValue, _ problems: inout ProblemCollector
    ) -> T? {
        problems.error(.wrongType, at: place(key), "\(key.quoted) must be \(expected), not \(value.kind.withArticle).")
        return nil
    }

    private static func text(_ number: Double) -> String {
        number == number.rounded() ? String(Int64(number)) : String(number)
    }
}
