// Members of an object in the order they were written.

import OrderedCollections

/// The members of a JSON object: unique names, insertion order kept.
///
/// Equality and hashing disregard the order. Names are equal only when their code points are. Look-up takes constant
/// time.
public struct JSONObject: Sendable {
    typealias Storage = OrderedDictionary<JSONKey, JSONValue>

    var storage: Storage

    init(storage: Storage) {
        self.storage = storage
    }

    /// Creates an object without members.
    public init() {
        storage = [:]
    }

    /// Creates an object from members in order; the last of two equal names wins and keeps the first one's place.
    public init(_ members: some Sequence<(String, JSONValue)>) {
        storage = Storage(minimumCapacity: members.underestimatedCount)
        for (key, value) in members { storage[JSONKey(key)] = value }
    }

    /// A member; assigning `nil` removes it, assigning a value to a new name appends it.
    public subscript(key: String) -> JSONValue? {
        get { storage[JSONKey(key)] }
        set { storage[JSONKey(key)] = newValue }
    }

    /// A member, or the given value when there is none.
    public subscript(key: String, default value: @autoclosure () -> JSONValue) -> JSONValue {
        get { storage[JSONKey(key)] ?? value() }
        set { storage[JSONKey(key)] = newValue }
    }

    /// The names in order.
    public var keys: [String] {
        storage.keys.map(\.string)
    }

    /// The values in order.
    public var values: [JSONValue] {
        Array(storage.values)
    }

    /// Whether there is a member of this name.
    public func contains(key: String) -> Bool {
        storage[JSONKey(key)] != nil
    }

    /// Removes a member and returns its value; `nil` when there was none.
    @discardableResult
    public mutating func removeValue(forKey key: String) -> JSONValue? {
        storage.removeValue(forKey: JSONKey(key))
    }

    /// Removes all members.
    public mutating func removeAll() {
        storage.removeAll()
    }

    /// Adds another object's members; existing names keep their place and take the other's value.
    public mutating func merge(_ other: JSONObject) {
        for (key, value) in other.storage { storage[key] = value }
    }

    /// Adds another object's members; `combine` receives old and new value of names both have.
    public mutating func merge(_ other: JSONObject, uniquingKeysWith combine: (JSONValue, JSONValue) -> JSONValue) {
        for (key, value) in other.storage { storage[key] = storage[key].map { combine($0, value) } ?? value }
    }

    /// This object with another one's members added; the other's values win.
    public func merging(_ other: JSONObject) -> JSONObject {
        var result = self
        result.merge(other)
        return result
    }

    /// The same names with other values.
    public func mapValues<Failure: Error>(_ transform: (JSONValue) throws(Failure) -> JSONValue) throws(Failure)
        -> JSONObject
    {
        var result = Storage(minimumCapacity: storage.count)
        for (key, value) in storage { result[key] = try transform(value) }
        return JSONObject(storage: result)
    }
}

extension JSONObject: Hashable {
    /// Whether both have the same members, in whatever order.
    public static func == (lhs: JSONObject, rhs: JSONObject) -> Bool {
        guard lhs.storage.count == rhs.storage.count else { return false }
        return lhs.storage.allSatisfy { rhs.storage[$0.key] == $0.value }
    }

    /// Feeds the members without regard to their order.
    public func hash(into hasher: inout Hasher) {
        var sum = 0
        for (key, value) in storage {
            var member = Hasher()
            member.combine(key)
            member.combine(value)
            sum &+= member.finalize()
        }
        hasher.combine(sum)
    }
}

extension JSONObject: RandomAccessCollection {
    /// A member with its name.
    public typealias Element = (key: String, value: JSONValue)

    /// The position of the first member.
    public var startIndex: Int { 0 }

    /// The position after the last member.
    public var endIndex: Int { storage.count }

    /// The member at a position; traps when there is none.
    public subscript(position: Int) -> Element {
        let (key, value) = storage.elements[position]
        return (key.string, value)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// A dictionary literal; the last of two equal names wins.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init(elements)
    }
}

extension JSONObject: CustomStringConvertible {
    /// The compact text form.
    public var description: String { JSONValue.object(self).description }
}
