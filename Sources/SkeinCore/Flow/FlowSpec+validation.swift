// The way from JSON to a flow.

extension FlowSpec {
    /// Checks a flow definition and reports everything that is wrong with it at once.
    ///
    /// Null counts as absent for every optional field. Loops between steps are fine: `maxSteps` bounds them. Features
    /// that do not exist are errors, so that no part of a definition is ever ignored.
    /// A step that no way leads to is an error. Ways are transitions, the targets in the config of `conditional` and
    /// `switch`, and, as other handlers may choose a successor as well, any step named in another step's config.
    /// A step whose name is the likely meaning of a misspelt one is not reported besides.
    ///
    /// - Parameters:
    ///   - json: the definition, a step map.
    ///   - knownTypes: the types that have a handler; others are warned of (`HANDLER_UNKNOWN`). `nil`: no warnings.
    ///   - configCheck: gets type and config of each step and returns errors with pointers from the config.
    /// - Returns: the flow or the errors, and warnings in either case.
    public static func validate(
        _ json: JSONValue,
        knownTypes: Set<String>? = nil,
        configCheck: ((_ type: String, _ config: JSONObject) -> [Problem])? = nil
    ) -> FlowValidation {
        guard let object = json.object else {
            let problem = Problem(
                .wrongType, at: .root, "A flow definition must be an object, not \(json.kind.withArticle).")
            return FlowValidation(spec: nil, errors: [problem], warnings: [])
        }
        let steps = StepReader(
            knownTypes: knownTypes?.sorted(), configCheck: configCheck, outline: FlowOutline([:]))
        var reader = FlowReader(json: json, fields: FieldReader(object: object, pointer: .root), steps: steps)
        let spec = reader.read()
        return FlowValidation(spec: spec, errors: reader.problems.errors, warnings: reader.problems.warnings)
    }
}
