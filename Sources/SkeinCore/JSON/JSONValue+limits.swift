// Whether a value made in code would have been accepted as a document.

extension JSONValue {
    /// The first bound this value does not keep; `nil` when it keeps all of them.
    ///
    /// Parsed values need no such check; values from code, such as a step's output, do before they are stored. Uses no
    /// stack per level, so that it is safe for values of any depth.
    public func exceeds(_ limits: JSONLimits = .default) -> JSONParseError.Code? {
        let maxDepth = min(limits.maxDepth, JSONLimits.depthCeiling)
        var pending: [(value: JSONValue, depth: Int)] = [(self, 0)]
        var values = 0
        while let (value, depth) = pending.popLast() {
            switch value {
            case .null, .bool: continue
            case .int:
                if value.byteCount > limits.maxNumberLength { return .numberTooLong }
            case .decimal(let decimal):
                if decimal.text.utf8.count > limits.maxNumberLength { return .numberTooLong }
            case .string(let string):
                if !limits.allowsNulCharacter, string.utf8.contains(0) { return .nulCharacter }
            case .array(let elements):
                guard depth < maxDepth else { return .tooDeep }
                values += elements.count
                for element in elements { pending.append((element, depth + 1)) }
            case .object(let object):
                guard depth < maxDepth else { return .tooDeep }
                values += object.count
                for (key, member) in object {
                    if !limits.allowsNulCharacter, key.utf8.contains(0) { return .nulCharacter }
                    pending.append((member, depth + 1))
                }
            }
            guard values <= limits.maxValues else { return .tooManyValues }
        }
        return byteCount > limits.maxBytes ? .tooLarge : nil
    }
}
