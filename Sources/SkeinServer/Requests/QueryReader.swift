import HTTPTypes
import SkeinCore

/// Reads the parameters of a query and collects everything that is wrong with them. An empty value is the same as none.
struct QueryReader {
    private var values: [String: [String]] = [:]
    private var problems: [JSONValue] = []

    init(_ query: String?, known: [String]) {
        for part in (query ?? "").split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let decoded = pair.map { $0.replacing("+", with: " ").percentDecoded }
            guard let first = decoded.first, let name = first, let value = decoded.count > 1 ? decoded[1] : "" else {
                add(String(pair.first ?? "").shortened, "BAD_ENCODING", "This is not percent-encoded UTF-8.")
                continue
            }
            guard known.contains(name) else {
                let ending = Suggestion.phrase(for: name, among: known)
                add(name.shortened, "UNKNOWN_PARAMETER", "\(name.quoted) is not a parameter of this request\(ending)")
                continue
            }
            if value.utf8.contains(0) {
                add(name, "NUL_CHARACTER", "Text with a NUL character (U+0000) is not accepted.")
            } else if !value.isEmpty {
                values[name, default: []].append(value)
            }
        }
    }

    /// - Throws: everything that was wrong, as one problem.
    func finish() throws {
        guard problems.isEmpty else {
            throw HTTPProblem(.badRequest, "INVALID_QUERY", "The query is not valid.", errors: problems)
        }
    }

    func has(_ name: String) -> Bool { values[name] != nil }

    mutating func text(_ name: String) -> String? {
        guard let given = values[name] else { return nil }
        if given.count > 1 { add(name, "REPEATED", "\(name.quoted) may be given once.") }
        return given.first
    }

    mutating func integer(_ name: String, in bounds: ClosedRange<Int>) -> Int? {
        guard let text = text(name) else { return nil }
        guard let number = Int(text), bounds.contains(number) else {
            let range =
                bounds.upperBound == .max
                ? "\(bounds.lowerBound) or more" : "from \(bounds.lowerBound) to \(bounds.upperBound)"
            add(name, "OUT_OF_RANGE", "\(name.quoted) must be an integer, \(range).")
            return nil
        }
        return number
    }

    mutating func bool(_ name: String) -> Bool? {
        guard let text = text(name) else { return nil }
        switch text {
        case "true", "1": return true
        case "false", "0": return false
        case _:
            add(name, "BAD_VALUE", "\(name.quoted) must be true or false.")
            return nil
        }
    }

    /// A `+` of an offset that was not encoded has become a blank; it is meant as a `+`.
    mutating func time(_ name: String) -> Timestamp? {
        guard let text = text(name) else { return nil }
        guard let time = Timestamp(text) ?? Timestamp(text.replacing(" ", with: "+")) else {
            add(name, "BAD_VALUE", "\(name.quoted) must be a time as RFC 3339 writes it, such as 2026-01-31T12:00:00Z.")
            return nil
        }
        return time
    }

    mutating func id(_ name: String) -> ExecutionID? {
        guard let text = text(name) else { return nil }
        guard let id = ExecutionID(text) else {
            add(name, "BAD_VALUE", "\(name.quoted) must be the id of an execution.")
            return nil
        }
        return id
    }

    mutating func worker(_ name: String) -> WorkerID? {
        guard let text = text(name) else { return nil }
        guard let id = WorkerID(text) else {
            add(name, "BAD_VALUE", "\(text.quoted) is not the id of a worker.")
            return nil
        }
        return id
    }

    /// A parameter that may be given several times.
    func texts(_ name: String) -> [String] { values[name] ?? [] }

    mutating func cursor(_ name: String) -> ExecutionID? {
        guard let text = text(name) else { return nil }
        guard let id = Cursor.id(text) else {
            add(name, "BAD_VALUE", "\(name.quoted) is not a cursor of a page before this one.")
            return nil
        }
        return id
    }

    /// Any number of a few names.
    mutating func choices<Choice: RawRepresentable & CaseIterable>(_ name: String, _ type: Choice.Type) -> [Choice]
    where Choice.RawValue == String {
        let names = Choice.allCases.map(\.rawValue)
        return (values[name] ?? []).compactMap { text in
            guard let choice = Choice(rawValue: text) else {
                let ending = Suggestion.phrase(for: text, among: names)
                add(name, "BAD_VALUE", "\(text.quoted) is not one of \(names.joined(separator: ", "))\(ending)")
                return nil
            }
            return choice
        }
    }

    mutating func add(_ name: String, _ code: String, _ message: String) {
        problems.append(["parameter": .string(name), "code": .string(code), "message": .string(message)])
    }
}
