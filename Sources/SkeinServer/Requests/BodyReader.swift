import Skein
import SkeinCore

/// Reads the members of a JSON body and collects everything that is wrong with them. Null is the same as absent.
struct BodyReader {
    private let object: JSONObject
    private let pointer: JSONPointer
    var problems: [Problem] = []

    /// - Parameters:
    ///   - document: the body; nil: no members.
    ///   - known: the members that exist; others are problems.
    ///   - hints: for members that do not exist, what was probably meant.
    init(_ document: JSONValue?, known: [String], hints: [String: String] = [:], at pointer: JSONPointer = .root) {
        object = document?.object ?? [:]
        self.pointer = pointer
        if let document, document.object == nil {
            add(.wrongType, pointer, "The body must be an object, not \(document.kind.withArticle).")
        }
        for key in object.keys where !known.contains(key) {
            let ending = hints[key].map { "; did you mean \($0)?" } ?? Suggestion.phrase(for: key, among: known)
            add(.unknownField, pointer.appending(key: key), "\(key.quoted) is not a field of this request\(ending)")
        }
    }

    /// - Throws: everything that was wrong, as one problem.
    func finish() throws {
        guard problems.isEmpty else {
            throw EngineError(.invalidRequest, "the request is not valid", problems: problems)
        }
    }

    /// A member that is there and not null.
    func value(_ key: String) -> JSONValue? {
        guard let value = object[key], !value.isNull else { return nil }
        return value
    }

    mutating func text(_ key: String) -> String? {
        guard let value = value(key) else { return nil }
        return value.string ?? mismatch(key, "a text", value)
    }

    mutating func requiredText(_ key: String) -> String? {
        if value(key) == nil { add(.requiredMissing, pointer.appending(key: key), "The request needs \(key.quoted).") }
        return text(key)
    }

    mutating func bool(_ key: String) -> Bool? {
        guard let value = value(key) else { return nil }
        return value.bool ?? mismatch(key, "a boolean", value)
    }

    mutating func object(_ key: String) -> JSONObject? {
        guard let value = value(key) else { return nil }
        return value.object ?? mismatch(key, "an object", value)
    }

    mutating func integer(_ key: String) -> Int? {
        guard let value = value(key) else { return nil }
        guard value.kind == .number else { return mismatch(key, "an integer", value) }
        guard let number = value.int else {
            add(.outOfRange, pointer.appending(key: key), "\(key.quoted) must be an integer of 64 bits.")
            return nil
        }
        return number
    }

    /// A whole number of milliseconds.
    mutating func span(_ key: String) -> Duration? {
        integer(key).map { .milliseconds($0) }
    }

    mutating func time(_ key: String) -> Timestamp? {
        guard let text = text(key) else { return nil }
        guard let time = Timestamp(text) else {
            add(
                .badValue, pointer.appending(key: key),
                "\(key.quoted) must be a time as RFC 3339 writes it, such as 2026-01-31T12:00:00Z.")
            return nil
        }
        return time
    }

    mutating func id(_ key: String) -> ExecutionID? {
        guard let text = text(key) else { return nil }
        guard let id = ExecutionID(text) else {
            add(.badValue, pointer.appending(key: key), "\(key.quoted) must be the id of an execution.")
            return nil
        }
        return id
    }

    /// One of a few names.
    mutating func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, _ type: Choice.Type) -> Choice?
    where Choice.RawValue == String {
        guard let text = text(key) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let names = Choice.allCases.map(\.rawValue)
            let ending = Suggestion.phrase(for: text, among: names)
            add(
                .badValue, pointer.appending(key: key),
                "\(text.quoted) is not one of \(names.joined(separator: ", "))\(ending)")
            return nil
        }
        return choice
    }

    /// Reads the members of an object within this one.
    mutating func nested(_ key: String, known: [String], _ read: (inout BodyReader) -> Void) {
        guard let object = object(key) else { return }
        var reader = BodyReader(.object(object), known: known, at: pointer.appending(key: key))
        read(&reader)
        problems += reader.problems
    }

    /// Where the members are.
    var root: JSONPointer { pointer }

    /// Where a member is.
    func place(_ key: String) -> JSONPointer { pointer.appending(key: key) }

    mutating func add(_ code: ProblemCode, _ place: JSONPointer, _ message: String) {
        problems.append(Problem(code, at: place, message))
    }

    private mutating func mismatch<T>(_ key: String, _ expected: String, _ value: JSONValue) -> T? {
        add(
            .wrongType, pointer.appending(key: key), "\(key.quoted) must be \(expected), not \(value.kind.withArticle)."
        )
        return nil
    }
}
