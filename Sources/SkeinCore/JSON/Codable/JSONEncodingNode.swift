// What an encoder builds: values that are complete, and nodes that a nested container may still add to.

import OrderedCollections

/// One place in the result; containers for the same place share it.
final class JSONEncodingNode {
    enum Shape {
        case empty, single, array, object
    }

    private(set) var shape = Shape.empty
    private var single = JSONValue.null
    private var elements: [JSONValue] = []
    private var members = JSONObject.Storage()
    /// Nodes whose value is filled in at the end; null holds their place until then.
    private var openElements: [Int: JSONEncodingNode] = [:]
    private var openMembers: [JSONKey: JSONEncodingNode] = [:]

    var count: Int { elements.count }

    /// The value so far; `nil` when nothing was encoded.
    var finished: JSONValue? {
        switch shape {
        case .empty: return nil
        case .single: return single
        case .array:
            for (index, node) in openElements { elements[index] = node.finished ?? .object([:]) }
            return .array(elements)
        case .object:
            for (key, node) in openMembers { members[key] = node.finished ?? .object([:]) }
            return .object(JSONObject(storage: members))
        }
    }

    /// Makes this an array or object; `false` when it is something else already.
    func become(_ wanted: Shape) -> Bool {
        if shape == .empty { shape = wanted }
        return shape == wanted
    }

    func set(_ value: JSONValue) -> Bool {
        guard shape == .empty else { return false }
        shape = .single
        single = value
        return true
    }

    func append(_ value: JSONValue) {
        elements.append(value)
    }

    func append(_ node: JSONEncodingNode) {
        openElements[elements.count] = node
        elements.append(.null)
    }

    func put(_ value: JSONValue, for key: String) {
        let key = JSONKey(key)
        members[key] = value
        if !openMembers.isEmpty { openMembers[key] = nil }
    }

    /// The node of a member that a nested container was opened for before, or a new one.
    func child(for key: String) -> JSONEncodingNode {
        let key = JSONKey(key)
        if let existing = openMembers[key] { return existing }
        let node = JSONEncodingNode()
        members[key] = .null
        openMembers[key] = node
        return node
    }
}
