import Skein
import SkeinCore

/// `map`: runs a flow once for each item of a list, as children, and gives their results in order.
///
/// Parameters: `items` (a list, the dotted path of one in the context, or a JSONPath), `flowId`, `flowVersion`, `concurrency` (all
/// at once), `onError` (`fail` or `collect`), `itemKey` (`item`), `context` (what every child gets beside its item and
/// `index`). An item that is an object is not spread: it is found under `itemKey`. Output: the list of the children's
/// results. Failures: MISSING_FLOW_ID, INPUT_ERROR, CHILD_FAILED.
struct MapHandler: BuiltinHandler {
    static let metadata = HandlerMetadata(
        type: "map", name: "Map", description: "Runs a flow for each item of a list.", category: "control",
        configSchema: [
            "type": "object",
            "properties": [
                "items": ["type": ["array", "string"]], "flowId": ["type": "string", "minLength": 1],
                "flowVersion": ["type": "string"], "concurrency": ["type": "integer", "minimum": 1],
                "onError": ["enum": ["fail", "collect"]], "itemKey": ["type": "string", "default": "item"],
                "context": ["type": "object"],
            ],
        ])

    static func check(_ check: inout ConfigCheck) {
        check.rename(["flow": "flowId", "version": "flowVersion", "list": "items"])
        check.kind("flowId", .string)
        check.kind("items", .array, .string)
        check.kind("context", .object)
        check.integer("concurrency", in: 1...100_000)
        if let choice = check.literal("onError")?.string, choice != "fail", choice != "collect" {
            check.report(.badValue, "onError", "\"onError\" must be \"fail\" or \"collect\".")
        }
        check.templates()
    }

    @concurrent func execute(_ input: JSONValue, _ step: StepContext) async throws -> StepResult<JSONValue> {
        let parameters = Parameters(input, step)
        guard let flow = try parameters.text("flowId"), !flow.isEmpty else {
            return .failure("MISSING_FLOW_ID", "the step's config has no 'flowId'", isRetryable: false)
        }
        let items = try items(parameters, step)
        guard !items.isEmpty else { return .success(.array([])) }
        let key = try parameters.text("itemKey") ?? "item"
        let shared = try parameters.object("context") ?? [:]
        var request = ChildrenRequest(
            flow, version: try parameters.text("flowVersion"),
            contexts: items.enumerated().map { index, item in
                var context = shared
                context[key] = item
                context["index"] = .int(Int64(index))
                return context
            },
            concurrency: try parameters.integer("concurrency", in: 1...100_000).map { Int($0) })
        request.isMap = true
        request.collects = try parameters.text("onError") == "collect"
        return .children(request)
    }

    /// A path with wildcards or filters gives all that it finds; others must lead to a list.
    private func items(_ parameters: Parameters, _ step: StepContext) throws -> [JSONValue] {
        let value = parameters["items"]
        if let items = value?.array { return items }
        let found: [JSONValue]
        if let text = value?.string, text.hasPrefix("$") {
            do {
                let path = try JSONPath(text)
                found = try path.select(from: .object(step.context))
                if !path.isSingular { return found.count == 1 ? found[0].array ?? found : found }
            } catch {
                throw StepFailure.input("'items' is no valid path: \(error)")
            }
        } else {
            found = value?.string.flatMap { DotPath($0)?.value(in: step.context) }.map { [$0] } ?? []
        }
        guard let items = found.first?.array else {
            throw StepFailure.input("'items' must be a list, or the path of one in the context")
        }
        return items
    }
}
