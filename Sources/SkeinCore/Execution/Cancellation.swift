/// Who ended an execution before its time, and why.
public struct Cancellation: Sendable, Hashable {
    public enum Source: String, Sendable, Hashable, CaseIterable, Codable {
        case user, timeout, system, parent
    }

    public var source: Source
    public var reason: String?

    public init(source: Source = .user, reason: String? = nil) {
        self.source = source
        self.reason = reason
    }

    public var object: JSONObject {
        var object: JSONObject = ["source": .string(source.rawValue)]
        if let reason { object["reason"] = .string(reason) }
        return object
    }

    public init?(_ json: JSONValue?) {
        guard let object = json?.object, let source = object["source"]?.string.flatMap(Source.init(rawValue:)) else {
            return nil
        }
        self.init(source: source, reason: object["reason"]?.string)
    }
}
