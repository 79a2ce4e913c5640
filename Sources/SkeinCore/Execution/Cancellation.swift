/// Who ended an execution before its time, and why.
public struct Cancellation: Sendable, Hashable {
    public enum Source: String, Sendable, Hashable, CaseIterable, Codable {
        case user, timeout, system, parent
    }

    public var source: Source
    public var reason: String?
    /// Who asked for it, and by which request.
    public var actor: String?
    public var requestID: String?

    public init(source: Source = .user, reason: String? = nil, actor: String? = nil, requestID: String? = nil) {
        self.source = source
        self.reason = reason
        self.actor = actor
        self.requestID = requestID
    }

    public var object: JSONObject {
        var object: JSONObject = ["source": .string(source.rawValue)]
        if let reason { object["reason"] = .string(reason) }
        if let actor { object["actor"] = .string(actor) }
        if let requestID { object["requestId"] = .string(requestID) }
        return object
    }

    public init?(_ json: JSONValue?) {
        guard let object = json?.object, let source = object["source"]?.string.flatMap(Source.init(rawValue:)) else {
            return nil
        }
        self.init(
            source: source, reason: object["reason"]?.string, actor: object["actor"]?.string,
            requestID: object["requestId"]?.string)
    }
}
