// Equality, hashing and order of JSON data.

extension JSONValue: Hashable {
    /// Whether both are the same JSON data.
    public static func == (lhs: JSONValue, rhs: JSONValue) -> Bool {
        switch (lhs, rhs) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.int(let left), .int(let right)): left == right
        case (.decimal(let left), .decimal(let right)): left == right
        case (.int(let integer), .decimal(let decimal)), (.decimal(let decimal), .int(let integer)):
            decimal.int64Value == integer
        case (.string(let left), .string(let right)): JSONKey(left) == JSONKey(right)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        case (.null, _), (.bool, _), (.int, _), (.decimal, _), (.string, _), (.array, _), (.object, _): false
        }
    }

    /// Feeds kind and content, such that equal data hashes equally.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        switch self {
        case .null: break
        case .bool(let value): hasher.combine(value)
        case .int(let value): JSONNormalNumber(value).hash(into: &hasher)
        case .decimal(let value): value.hash(into: &hasher)
        case .string(let value): JSONKey(value).hash(into: &hasher)
        case .array(let value): hasher.combine(value)
        case .object(let value): hasher.combine(value)
        }
    }
}

extension JSONValue {
    /// Compares two values of the same kind; `nil` when the kinds differ or are objects that are not equal.
    ///
    /// Numbers compare exactly, strings by code points, `false` before `true`, arrays element by element and then by
    /// length. Objects have no order: they are the same or incomparable.
    public static func compare(_ lhs: JSONValue, _ rhs: JSONValue) -> JSONOrder? {
        switch (lhs, rhs) {
        case (.null, .null): .same
        case (.bool(let left), .bool(let right)): JSONOrder(left ? 1 : 0, right ? 1 : 0)
        case (.int(let left), .int(let right)): JSONOrder(left, right)
        case (.decimal(let left), .decimal(let right)): compare(left, right)
        case (.int(let left), .decimal(let right)): compare(JSONDecimal(left), right)
        case (.decimal(let left), .int(let right)): compare(left, JSONDecimal(right))
        case (.string(let left), .string(let right)): compare(left, right)
        case (.array(let left), .array(let right)): compare(left, right)
        case (.object(let left), .object(let right)): left == right ? .same : nil
        case (.null, _), (.bool, _), (.int, _), (.decimal, _), (.string, _), (.array, _), (.object, _): nil
        }
    }

    /// Whether both are of one kind and the first is smaller.
    public static func < (lhs: JSONValue, rhs: JSONValue) -> Bool {
        compare(lhs, rhs) == .ascending
    }

    /// Whether both are of one kind and the first is greater.
    public static func > (lhs: JSONValue, rhs: JSONValue) -> Bool {
        compare(lhs, rhs) == .descending
    }

    /// Whether both are of one kind and the first is not greater.
    public static func <= (lhs: JSONValue, rhs: JSONValue) -> Bool {
        compare(lhs, rhs).map { $0 != .descending } ?? false
    }

    /// Whether both are of one kind and the first is not smaller.
    public static func >= (lhs: JSONValue, rhs: JSONValue) -> Bool {
        compare(lhs, rhs).map { $0 != .ascending } ?? false
    }

    private static func compare(_ lhs: JSONDecimal, _ rhs: JSONDecimal) -> JSONOrder {
        let (left, right) = (lhs.doubleValue, rhs.doubleValue)
        // Rounding is monotonic: different doubles decide, equal ones do not.
        if left != right { return JSONOrder(left, right) }
        return JSONNormalNumber(lhs).order(to: JSONNormalNumber(rhs))
    }

    /// The order of UTF-8 bytes is the order of code points.
    private static func compare(_ lhs: String, _ rhs: String) -> JSONOrder {
        for (left, right) in zip(lhs.utf8, rhs.utf8) where left != right {
            return JSONOrder(left, right)
        }
        return JSONOrder(lhs.utf8.count, rhs.utf8.count)
    }

    private static func compare(_ lhs: [JSONValue], _ rhs: [JSONValue]) -> JSONOrder? {
        for (left, right) in zip(lhs, rhs) {
            guard let order = compare(left, right) else { return nil }
            if order != .same { return order }
        }
        return JSONOrder(lhs.count, rhs.count)
    }
}
