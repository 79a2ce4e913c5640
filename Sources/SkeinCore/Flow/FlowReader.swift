// A whole definition from JSON. Reads everything in one pass and never stops at a mistake.

/// Reads one flow definition.
struct FlowReader {
    let json: JSONValue
    let fields: FieldReader
    var steps: StepReader
    var problems = ProblemCollector()

    /// The most steps of a flow.
    static let maxSteps = 10_000

    private static let names = [
        "id", "version", "name", "description", "inputSchema", "initialStepId", "metadata", "timeouts", "maxSteps",
        "limits", "steps", "tasks", "onCancel", "onBranchFailure", "concurrency", "rateLimit", "sla",
    ]
    private static let hints = [
        "initialStep": "initialStepId", "startAt": "initialStepId", "start": "initialStepId",
        "executionMs": "timeouts.executionMs", "waitMs": "timeouts.waitMs", "handlerWaitMs": "limits.handlerWaitMs",
        "timeoutMs": "timeouts.executionMs", "schema": "inputSchema",
    ]

    /// Reads the definition; `nil` when there were errors.
    mutating func read() -> FlowSpec? {
        fields.checkNames(Self.names, hints: Self.hints, of: "a flow", into: &problems)
        let id = id()
        let version = version()
        let name = fields.string("name", into: &problems)
        let description = fields.string("description", into: &problems)
        let inputSchema = inputSchema()
        let metadata = fields.object("metadata", into: &problems)
        let (executionTimeout, waitTimeout) = timeouts()
        let maxSteps = fields.integer("maxSteps", in: 1...1_000_000_000, into: &problems)
        let (limits, growth, handlerWait) = limits()
        let concurrency = concurrency()
        let rate = rateLimit()
        checkSLA()
        let rollsBack = choice("onCancel", standard: "stop", other: "rollback")
        let cancelsBranches = choice("onBranchFailure", standard: "wait", other: "cancel")
        let specs: [StepSpec]
        let initial: [StepID]
        if isTaskGraph {
            specs = readTasks()
            initial = specs.filter(\.join.isEmpty).map(\.id)
        } else {
            specs = readSteps()
            initial = initialStep().map { [$0] } ?? []
            checkJoins(specs)
        }
        guard problems.errors.isEmpty, let id, let version else { return nil }
        let attempts = specs.reduce(0) { $0 + 1 + ($1.retry?.maxAttempts ?? 0) }
        return FlowSpec(
            id: id, version: version, name: name, description: description, inputSchema: inputSchema,
            initialStepIDs: initial, metadata: metadata, executionTimeout: executionTimeout, waitTimeout: waitTimeout,
            maxSteps: maxSteps ?? (isTaskGraph ? attempts : nil), limits: limits, growth: growth,
            handlerWait: handlerWait, concurrency: concurrency, rate: rate,
            rollsBackOnCancel: rollsBack, failureCancelsBranches: cancelsBranches, isTaskGraph: isTaskGraph,
            hasVersion: fields.value("version") != nil, steps: specs, json: json)
    }

    /// Whether the definition is a task graph, which needs no version, initial step or step map.
    private var isTaskGraph: Bool { fields.value("tasks") != nil }

    private mutating func id() -> String? {
        guard let id = fields.requiredString("id", of: "A flow", into: &problems) else { return nil }
        if let objection = Identifier.objection(to: id, as: .flow) {
            problems.error(.badID, at: fields.place("id"), "The id of a flow \(objection).")
        }
        return id
    }

    private mutating func version() -> SemanticVersion? {
        // The engine gives an edited task graph its next version.
        if isTaskGraph, fields.value("version") == nil { return SemanticVersion("1.0.0") }
        guard let text = fields.requiredString("version", of: "A flow", into: &problems) else { return nil }
        if text.unicodeScalars.count <= Identifier.maxLength, let version = SemanticVersion(text) { return version }
        problems.error(
            .badVersion, at: fields.place("version"),
            "\(text.quoted) is not a semantic version such as \"1.0.0\" of at most \(Identifier.maxLength) characters.")
        return nil
    }

    private mutating func inputSchema() -> JSONValue? {
        guard let schema = fields.value("inputSchema") else { return nil }
        guard schema.kind == .object || schema.kind == .bool else {
            problems.error(
                .wrongType, at: fields.place("inputSchema"),
                "\"inputSchema\" must be an object or a boolean, not \(schema.kind.withArticle).")
            return nil
        }
        do {
            _ = try JSONSchema(schema)
        } catch {
            for problem in error.problems {
                let place = JSONPointer(tokens: ["inputSchema"] + problem.pointer.tokens)
                problems.error(.badSchema, at: place, problem.message)
            }
        }
        return schema
    }

    private mutating func timeouts() -> (execution: Duration?, wait: Duration?) {
        guard let fields = fields.reader("timeouts", into: &problems) else { return (nil, nil) }
        fields.checkNames(["executionMs", "waitMs"], of: "timeouts", into: &problems)
        return (
            fields.duration("executionMs", into: &problems), fields.duration("waitMs", into: &problems)
        )
    }

    private mutating func limits() -> (context: ContextLimits, growth: GrowthLimits, handlerWait: Duration?) {
        var limits = ContextLimits.default
        var growth = GrowthLimits.default
        guard let fields = fields.reader("limits", into: &problems) else { return (limits, growth, nil) }
        fields.checkNames(
            [
                "contextBytes", "valueBytes", "contextKeys", "contextDepth", "children", "childDepth", "logRows",
                "handlerWaitMs",
            ],
            hints: [
                "totalBytes": "contextBytes", "keys": "contextKeys", "depth": "contextDepth",
                "maxSteps": "maxSteps of the flow",
            ], of: "limits", into: &problems)
        let bytes: ClosedRange<Int64> = 1...(256 * 1024 * 1024)
        limits.totalBytes = fields.integer("contextBytes", in: bytes, into: &problems) ?? limits.totalBytes
        limits.valueBytes = fields.integer("valueBytes", in: bytes, into: &problems) ?? limits.valueBytes
        limits.keys = fields.integer("contextKeys", in: 1...1_000_000, into: &problems) ?? limits.keys
        let depths = 1...Int64(JSONLimits.depthCeiling)
        limits.depth = fields.integer("contextDepth", in: depths, into: &problems) ?? limits.depth
        growth.children = fields.integer("children", in: 0...1_000_000, into: &problems) ?? growth.children
        growth.childDepth = fields.integer("childDepth", in: 0...1_000, into: &problems) ?? growth.childDepth
        growth.logRows = fields.integer("logRows", in: 1...100_000_000, into: &problems) ?? growth.logRows
        return (limits, growth, fields.duration("handlerWaitMs", from: 0, into: &problems))
    }
}

extension FlowReader {
    /// Whether a field has the other of its two values.
    private mutating func choice(_ key: String, standard: String, other: String) -> Bool {
        guard let value = fields.value(key), value != .bool(false) else { return false }
        guard let choice = fields.string(key, into: &problems), choice != standard else { return false }
        if choice == other { return true }
        let ending = problems.phrase(for: choice, among: [standard, other])
        problems.error(
            .badValue, at: fields.place(key),
            "\(key.quoted) must be \"\(standard)\" or \"\(other)\", not \(choice.quoted)\(ending)")
        return false
    }

    private mutating func readSteps() -> [StepSpec] {
        guard let value = fields.value("steps") else {
            guard !isTaskGraph else { return [] }
            problems.error(
                .requiredMissing, at: fields.place("steps"), "A flow needs \"steps\", an object of steps by id.")
            return []
        }
        let pointer = fields.place("steps")
        guard let object = value.object else {
            problems.error(
                .wrongType, at: pointer, "\"steps\" must be an object of steps by id, not \(value.kind.withArticle).")
            return []
        }
        guard !object.isEmpty else {
            problems.error(.stepsEmpty, at: pointer, "A flow needs at least one step.")
            return []
        }
        guard object.count <= Self.maxSteps else {
            problems.error(.outOfRange, at: pointer, "A flow must not have more than \(Self.maxSteps) steps.")
            return []
        }
        steps.outline = FlowOutline(object)
        return object.compactMap { steps.step($0.key, $0.value, at: pointer.appending(key: $0.key), into: &problems) }
    }

    /// Checks where the flow starts, and what can be reached from there.
    private mutating func initialStep() -> StepID? {
        guard let name = fields.requiredString("initialStepId", of: "A flow", into: &problems) else { return nil }
        guard !steps.outline.names.isEmpty else { return nil }
        var start: String? = name
        if !steps.outline.contains(name) {
            start = problems.suggestion(for: name, among: steps.outline.names)
            problems.error(
                .initialStepUnknown, at: fields.place("initialStepId"),
                "The flow has no step \(name.quoted)\(ProblemCollector.phrase(start))")
        }
        for step in start.map({ steps.outline.unreachable(from: $0) }) ?? [] {
            problems.error(
                .stepUnreachable, at: fields.place("steps").appending(key: step),
                "No way leads from the initial step to \(step.quoted).")
        }
        return StepID(name)
    }
}
