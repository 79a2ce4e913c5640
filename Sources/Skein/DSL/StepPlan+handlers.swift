import SkeinCore

extension StepPlan {
    /// The step in the definition, all but its transitions.
    func definition(in flowID: String) -> JSONObject {
        var step: JSONObject = ["type": .string(type(in: flowID))]
        var config = config
        for part in parts {
            let type = JSONValue.string("\(flowID)/\(name).\(part.suffix)")
            config[part.member] = part.isNested ? ["handler": type] : type
        }
        if !config.isEmpty { step["config"] = .object(config) }
        step["outputKey"] = outputKey.map { .string($0) }
        if condition != nil { step["when"] = ["handler": .string("\(flowID)/\(name).when")] }
        return step
    }

    /// What follows the transitions.
    func options(in flowID: String) -> JSONObject {
        var step = JSONObject()
        step["retry"] = retries?.json
        step["timeoutMs"] = timeout.map { .int($0.roundedUpToMilliseconds) }
        if compensation != nil { step["compensate"] = ["type": .string("\(flowID)/\(name).compensate")] }
        if isCommit { step["commit"] = true }
        return step
    }

    private func type(in flowID: String) -> String {
        switch runner {
        case .closure: "\(flowID)/\(name)"
        case .handler(let type): type
        }
    }

    /// The types that the step's closures are registered under.
    func closureTypes(in flowID: String) -> [String] {
        var suffixes: [String] = []
        if case .closure = runner { suffixes.append("") }
        if condition != nil { suffixes.append(".when") }
        if compensation != nil { suffixes.append(".compensate") }
        return (suffixes + parts.map { ".\($0.suffix)" }).map { "\(flowID)/\(name)\($0)" }
    }

    func handlers(of flowID: String, in registry: HandlerRegistry) -> [AnyHandler] {
        var handlers: [AnyHandler] = []
        func add(_ suffix: String, _ body: AnyHandler.Body?, check: (@Sendable (JSONObject) -> [Problem])? = nil) {
            guard let body else { return }
            let metadata = HandlerMetadata(type: "\(flowID)/\(name)\(suffix)", category: "flow")
            handlers.append(AnyHandler(metadata, configCheck: check, body))
        }
        if case .closure(let make) = runner { add("", make(registry), check: configCheck(in: registry)) }
        add(".when", condition)
        add(".compensate", compensation)
        for part in parts { add(".\(part.suffix)", part.body) }
        return handlers
    }

    /// A closure that calls a handler by type takes its config; so the handler checks it.
    private func configCheck(in registry: HandlerRegistry) -> (@Sendable (JSONObject) -> [Problem])? {
        guard let type = calledType else { return nil }
        return { [weak registry] config in registry?[ofType: type]?.configCheck?(config) ?? [] }
    }
}
