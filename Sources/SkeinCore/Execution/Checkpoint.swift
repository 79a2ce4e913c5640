// What code within a step has done already.

/// A named result that a step's code recorded: after a crash, a retry or a wait the code finds it instead of doing the
/// work again.
public struct Checkpoint: Sendable, Hashable {
    public var name: String
    public var value: JSONValue
    /// When it was recorded, by the worker's clock.
    public var at: Timestamp
    /// The code says how it is undone.
    public var isUndoable: Bool

    public init(_ name: String, _ value: JSONValue, at: Timestamp, isUndoable: Bool = false) {
        self.name = name
        self.value = value
        self.at = at
        self.isUndoable = isUndoable
    }
}

extension Checkpoint {
    var json: JSONValue {
        var object: JSONObject = ["name": .string(name), "value": value, "at": .int(at.microseconds)]
        if isUndoable { object["u"] = true }
        return .object(object)
    }

    init?(_ json: JSONValue) {
        guard let name = json["name"]?.string, let value = json["value"], let at = json["at"]?.int64 else { return nil }
        self.init(name, value, at: Timestamp(microseconds: at), isUndoable: json["u"] == true)
    }
}
