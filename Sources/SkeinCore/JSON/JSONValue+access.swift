// Reading and changing parts of a value.

extension JSONValue {
    /// Whether this is null.
    public var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// The boolean, `nil` for anything else.
    public var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The string, `nil` for anything else.
    public var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The number as an integer of 64 bits (also from `1.0` or `1e2`), `nil` when it is not one.
    public var int64: Int64? {
        switch self {
        case .int(let value): value
        case .decimal(let value): value.int64Value
        case .null, .bool, .string, .array, .object: nil
        }
    }

    /// The number as an `Int`, `nil` when it is not an integer or does not fit.
    public var int: Int? {
        int64.flatMap(Int.init(exactly:))
    }

    /// The number as the nearest `Double`, `nil` when it is no number or beyond the range.
    public var double: Double? {
        switch self {
        case .int(let value):
            return Double(value)
        case .decimal(let value):
            let double = value.doubleValue
            return double.isFinite ? double : nil
        case .null, .bool, .string, .array, .object:
            return nil
        }
    }

    /// The number with all its digits, `nil` when it is no number.
    public var decimal: JSONDecimal? {
        switch self {
        case .int(let value): JSONDecimal(value)
        case .decimal(let value): value
        case .null, .bool, .string, .array, .object: nil
        }
    }

    /// The elements, `nil` when it is no array.
    public var array: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    /// The members, `nil` when it is no object.
    public var object: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// A member of an object; `nil` when there is none or this is no object.
    ///
    /// Assigning a value to a member of anything but an object replaces it by an object of that one member; assigning
    /// `nil` removes the member and leaves anything but an object as it is.
    public subscript(key: String) -> JSONValue? {
        get {
            if case .object(let object) = self { object[key] } else { nil }
        }
        set {
            if case .object(var object) = self {
                self = .null
                object[key] = newValue
                self = .object(object)
            } else if let newValue {
                self = .object([key: newValue])
            }
        }
    }

    /// An element of an array; `nil` when there is none or this is no array.
    ///
    /// Assigning needs an array with that index and a value, and traps otherwise, as `Array` does.
    public subscript(index: Int) -> JSONValue? {
        get {
            guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
            return elements[index]
        }
        set {
            guard case .array(var elements) = self, let newValue else {
                preconditionFailure("only an element of an array can be replaced")
            }
            self = .null
            elements[index] = newValue
            self = .array(elements)
        }
    }

    /// A member of an object, null when there is none, so that conditions read as `order.total > 0`.
    ///
    /// Members named like a property of this type need the subscript.
    public subscript(dynamicMember key: String) -> JSONValue {
        get { self[key] ?? .null }
        set { self[key] = newValue }
    }
}
