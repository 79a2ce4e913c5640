// Dotted paths into the context: `order.items.0.price`. Split once, walked often.

/// A place in a context: names of members and numbers of elements, separated by dots.
///
/// On an object every segment is a name, also `0` and `__proto__`; on an array it is an index from 0 in decimal without
/// leading zeros. There is no escape: a name with a dot in it needs another selector.
public struct DotPath: Sendable, Hashable {
    /// The names and indices from the root; at least one, none of them empty.
    public let segments: [String]

    /// The most segments of a path.
    public static let maxSegments = 64
    /// The most Unicode scalars of a path.
    public static let maxLength = 1000

    /// Parses a path.
    ///
    /// Returns `nil` when the text or one of its segments is empty, or a bound is exceeded.
    public init?(_ text: String) {
        guard text.unicodeScalars.count <= Self.maxLength else { return nil }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count <= Self.maxSegments, !parts.contains(where: \.isEmpty) else { return nil }
        segments = parts.map { String(Substring($0)) }
    }

    /// One segment, dots and all.
    init(literal key: String) {
        segments = [key]
    }

    /// The text form.
    public var text: String { segments.joined(separator: ".") }

    /// Whether both have the same code points.
    public static func == (lhs: DotPath, rhs: DotPath) -> Bool {
        lhs.segments.count == rhs.segments.count
            && zip(lhs.segments, rhs.segments).allSatisfy { JSONKey($0) == JSONKey($1) }
    }

    /// Feeds the code points.
    public func hash(into hasher: inout Hasher) {
        for segment in segments { JSONKey(segment).hash(into: &hasher) }
    }
}

extension DotPath {
    /// The value at this place; `nil` when a hop is missing, null or a scalar. A null at the end is a value.
    ///
    /// - Parameters:
    ///   - context: the document.
    ///   - roots: names that stand beside the context's own and win over them, such as `tasks` and `result`.
    public func value(in context: JSONObject, roots: JSONObject = [:]) -> JSONValue? {
        guard let first = segments.first else { return nil }
        return (roots[first] ?? context[first]).flatMap { walk(from: $0, skipping: 1) }
    }

    /// The value at this place of any document.
    public func value(in document: JSONValue) -> JSONValue? {
        walk(from: document, skipping: 0)
    }

    private func walk(from start: JSONValue, skipping count: Int) -> JSONValue? {
        var current = start
        for segment in segments.dropFirst(count) {
            switch current {
            case .object(let object):
                guard let next = object[segment] else { return nil }
                current = next
            case .array(let elements):
                guard let index = JSONPointer.arrayIndex(segment), index < elements.count else { return nil }
                current = elements[index]
            case .null, .bool, .int, .decimal, .string:
                return nil
            }
        }
        return current
    }
}

extension DotPath {
    /// Stores a value at this place.
    ///
    /// Missing and null hops become objects, and so do scalars, which are lost. In an array an existing element can be
    /// replaced or entered, and the index after the last one appends.
    ///
    /// - Returns: whether there is such a place: `false`, with nothing changed, when a hop is an array and the segment
    ///   is neither an index in it nor the one after its end.
    @discardableResult
    public func set(_ value: JSONValue, in context: inout JSONObject) -> Bool {
        guard isSettable(in: context), let first = segments.first else { return false }
        guard segments.count > 1 else {
            context[first] = value
            return true
        }
        var child = context[first] ?? .null
        context[first] = .null
        store(value, in: &child, depth: 1)
        context[first] = child
        return true
    }

    /// Only arrays can refuse; whatever is created on the way is an object.
    private func isSettable(in context: JSONObject) -> Bool {
        var current = JSONValue.object(context)
        for segment in segments {
            switch current {
            case .object(let object):
                guard let next = object[segment] else { return true }
                current = next
            case .array(let elements):
                guard let index = JSONPointer.arrayIndex(segment), index <= elements.count else { return false }
                guard index < elements.count else { return true }
                current = elements[index]
            case .null, .bool, .int, .decimal, .string:
                return true
            }
        }
        return true
    }

    /// Takes each container out of its parent before changing it, so that nothing is copied.
    private func store(_ value: JSONValue, in target: inout JSONValue, depth: Int) {
        guard depth < segments.count else {
            target = value
            return
        }
        let segment = segments[depth]
        if case .array(var elements) = target, let index = JSONPointer.arrayIndex(segment), index <= elements.count {
            target = .null
            if index == elements.count { elements.append(.null) }
            store(value, in: &elements[index], depth: depth + 1)
            target = .array(elements)
            return
        }
        var object = target.object ?? [:]
        target = .null
        var child = object[segment] ?? .null
        object[segment] = .null
        store(value, in: &child, depth: depth + 1)
        object[segment] = child
        target = .object(object)
    }
}

extension DotPath: CustomStringConvertible {
    /// The text form.
    public var description: String { text }
}

extension DotPath {
    /// Why a text is not a path, as a sentence.
    static func objection(to text: String) -> String {
        if text.isEmpty { return "A path must not be empty." }
        if text.unicodeScalars.count > maxLength { return "A path must not be longer than \(maxLength) characters." }
        if text.utf8.count(where: { $0 == UInt8(ascii: ".") }) >= maxSegments {
            return "A path must not have more than \(maxSegments) segments."
        }
        return "\(text.quoted) is not a path: it has an empty segment."
    }

    /// Whether a text looks like JSONPath, whose signs a dotted path takes literally.
    static func looksLikeJSONPath(_ text: String) -> Bool {
        text == "$" || text.hasPrefix("$.") || text.hasPrefix("$[") || text.utf8.contains(UInt8(ascii: "["))
    }
}
