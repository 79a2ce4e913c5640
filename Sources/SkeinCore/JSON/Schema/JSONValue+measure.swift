// The size of a value, counted without recursion and only as far as it may go.

extension JSONValue {
    /// Why a value was not counted to the end.
    enum MeasureFailure: Error, Sendable, Hashable {
        case tooDeep, tooLarge
    }

    /// The number of values in this one, itself included, each string counting more with its length.
    func measured(maxDepth: Int, maxCount: Int) throws(MeasureFailure) -> Int {
        var pending: [(value: JSONValue, depth: Int)] = [(self, 0)]
        var count = 0
        while let (value, depth) = pending.popLast() {
            count += 1
            switch value {
            case .null, .bool, .int: continue
            case .decimal(let decimal): count += decimal.text.utf8.count / 16
            case .string(let text): count += text.utf8.count / 16
            case .array(let elements):
                guard depth < maxDepth else { throw .tooDeep }
                guard elements.count <= maxCount - count else { throw .tooLarge }
                for element in elements { pending.append((element, depth + 1)) }
            case .object(let object):
                guard depth < maxDepth else { throw .tooDeep }
                guard object.count <= maxCount - count else { throw .tooLarge }
                for member in object { pending.append((member.value, depth + 1)) }
            }
            guard count <= maxCount else { throw .tooLarge }
        }
        return count
    }
}
