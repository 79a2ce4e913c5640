/// How far an execution is, as the code of its steps says.
public struct Progress: Sendable, Hashable {
    /// What is being done.
    public var stageName: String?
    /// For people.
    public var text: String?
    /// 0 to 100.
    public var percent: Double?
    /// Whatever else there is to say.
    public var metadata: JSONObject

    public init(stageName: String? = nil, text: String? = nil, percent: Double? = nil, metadata: JSONObject = [:]) {
        self.metadata = metadata
        self.stageName = stageName
        self.text = text
        self.percent = percent
    }
}

extension Progress {
    /// The shape of the contract: `{stageName?, text?, percent?, metadata?}`.
    public var json: JSONValue {
        var object = JSONObject()
        if let stageName { object["stageName"] = .string(stageName) }
        if let text { object["text"] = .string(text) }
        if let percent, let number = JSONValue.double(percent) { object["percent"] = number }
        if !metadata.isEmpty { object["metadata"] = .object(metadata) }
        return .object(object)
    }

    init?(_ json: JSONValue?) {
        guard let object = json?.object else { return nil }
        self.init(
            stageName: object["stageName"]?.string, text: object["text"]?.string, percent: object["percent"]?.double,
            metadata: object["metadata"]?.object ?? [:])
    }
}
