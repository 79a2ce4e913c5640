// Results of children that are large in sum stay with the children; their parent keeps where they are.

/// Stands in an execution's context for what its children returned: `{"$children": round, "count": n, "yields": "report"}`,
/// with `list` for those of a map and `flowId`.
package struct ChildReference: Sendable, Hashable {
    /// Results longer than this in sum, as compact JSON, are kept by reference.
    package static let threshold = 65_536
    private static let mark = "$children"

    package var round: Int64
    package var count: Int
    package var yields: ChildOutput
    package var isList: Bool
    package var flowID: String

    package init(_ spawn: Spawn) {
        round = spawn.round
        count = spawn.contexts.count
        yields = spawn.yields
        isList = spawn.isMap
        flowID = spawn.flowID
    }

    /// A child that a step's code waits for: the outcome itself.
    package init(round: Int64) {
        self.round = round
        (count, yields, isList, flowID) = (1, .report, false, "")
    }

    package init?(_ json: JSONValue) {
        guard let object = json.object, let round = object[Self.mark]?.int64, let count = object["count"]?.int64,
            count > 0, let yields = object["yields"]?.string.flatMap(ChildOutput.init(rawValue:))
        else { return nil }
        self.round = round
        self.count = Int(clamping: count)
        self.yields = yields
        isList = object["list"] == true
        flowID = object["flowId"]?.string ?? ""
    }

    package var json: JSONValue {
        var object: JSONObject = [
            Self.mark: .int(round), "count": .int(Int64(count)), "yields": .string(yields.rawValue),
        ]
        if isList { object["list"] = true }
        if !flowID.isEmpty { object["flowId"] = .string(flowID) }
        return .object(object)
    }

    /// Whether there is one in a value, where steps put their results: in objects, never in lists.
    package static func occurs(in value: JSONValue) -> Bool {
        guard case .object(let object) = value else { return false }
        return ChildReference(value) != nil || object.contains { occurs(in: $0.value) }
    }

    /// What it stands for.
    package func value(of outcomes: [ChildOutcome]) -> JSONValue {
        guard !isList else { return .array(outcomes.map { $0.element(yields) }) }
        return outcomes.first.map { $0.only(yields, flowID) } ?? .null
    }
}

extension ChildOutcome {
    /// The result of a step with one child that it waited for.
    func only(_ yields: ChildOutput, _ flowID: String) -> JSONValue {
        if status == .completed {
            switch yields {
            case .report: break
            case .context: return .object(context)
            case .result: return result ?? .null
            }
        }
        var object: JSONObject = ["childExecutionId": .string(id.description), "flowId": .string(flowID)]
        object["status"] = .string(status.rawValue)
        object["context"] = .object(context)
        object["result"] = result
        object["error"] = error?.json
        return .object(object)
    }

    /// Its place in a list of results.
    func element(_ yields: ChildOutput) -> JSONValue {
        guard status != .completed else {
            return switch yields {
            case .report: result ?? .object(context)
            case .context: .object(context)
            case .result: result ?? .null
            }
        }
        var object: JSONObject = [
            "childExecutionId": .string(id.description), "status": .string(status.rawValue),
        ]
        object["error"] = error?.json
        return .object(object)
    }
}
