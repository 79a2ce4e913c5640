// Where a step leads: its transitions, and the targets that branching handlers have in their config.

extension StepReader {
    /// The ways out of a step that every step can have.
    struct Transitions {
        var onSuccess: [StepID] = []
        var onFailure: [StepID] = []
        var onResume: [StepID] = []
        var onSkip: [StepID]?
        var join: [StepID] = []
    }

    private static let transitionFields = ["onSuccess", "onFailure", "onResume", "onSkip", "join"]

    /// Reads `transitions`; null and absent ways end the path.
    mutating func transitions(
        of name: String, _ fields: FieldReader, _ problems: inout ProblemCollector
    ) -> Transitions {
        guard let fields = fields.reader("transitions", into: &problems) else { return Transitions() }
        fields.checkNames(
            Self.transitionFields,
            hints: ["next": "onSuccess", "onError": "onFailure"], of: "transitions", into: &problems)
        return Transitions(
            onSuccess: targets("onSuccess", of: name, fields, &problems) ?? [],
            onFailure: targets("onFailure", of: name, fields, &problems) ?? [],
            onResume: targets("onResume", of: name, fields, &problems) ?? [],
            onSkip: targets("onSkip", of: name, fields, &problems),
            join: join(of: name, fields, &problems))
    }

    /// One step, or a list of steps that run in parallel.
    private mutating func targets(
        _ key: String, of name: String, _ fields: FieldReader, _ problems: inout ProblemCollector
    ) -> [StepID]? {
        guard let value = fields.value(key) else { return nil }
        guard value.kind == .array else {
            return fields.string(key, into: &problems).map { [target($0, key, of: name, fields.place(key), &problems)] }
        }
        var targets: [StepID] = []
        for (index, id) in (fields.strings(key, into: &problems) ?? []).enumerated() {
            let place = fields.place(key).appending(index: index)
            let step = target(id, key, of: name, place, &problems)
            if targets.contains(step) {
                problems.error(.badValue, at: place, "The step \(id.quoted) is named twice.")
            }
            targets.append(step)
        }
        return targets
    }

    private mutating func target(
        _ target: String, _ key: String, of name: String, _ place: JSONPointer, _ problems: inout ProblemCollector
    ) -> StepID {
        outline.connect(name, to: target, at: place, into: &problems)
        if key != "onResume", StepID(target) == StepID(name) {
            problems.warning(
                .selfTransition, at: place,
                "The step goes on to itself; unless its handler decides otherwise, only maxSteps ends that.")
        }
        return StepID(target)
    }

    /// The steps that a step waits for. Whether they lead to it is checked when all steps are known.
    mutating func join(of name: String, _ fields: FieldReader, _ problems: inout ProblemCollector) -> [StepID] {
        var steps: [StepID] = []
        for (index, id) in (fields.strings("join", into: &problems) ?? []).enumerated() {
            let place = fields.place("join").appending(index: index)
            guard outline.contains(id) else {
                let ending = problems.phrase(for: id, among: outline.names)
                problems.error(.transitionUnknown, at: place, "The flow has no step \(id.quoted)\(ending)")
                continue
            }
            if StepID(id) == StepID(name) { problems.error(.badValue, at: place, "A step cannot wait for itself.") }
            if steps.contains(StepID(id)) {
                problems.error(.badValue, at: place, "The step \(id.quoted) is named twice.")
            }
            steps.append(StepID(id))
        }
        return steps
    }

    /// Checks a step's parameters: by the handler's own check, and the targets of `conditional` and `switch`.
    ///
    /// A handler of another type may choose its successor, too. Which of its parameters name one is not known here, so
    /// every step named there counts as reached.
    mutating func check(
        _ config: JSONObject, of name: String, _ type: String, at pointer: JSONPointer,
        _ problems: inout ProblemCollector
    ) {
        let fields = FieldReader(object: config, pointer: pointer)
        switch type {
        case "conditional": checkConditions(of: name, fields, &problems)
        case "switch": checkCases(of: name, fields, &problems)
        case _: outline.connect(name, toNamesIn: .object(config))
        }
        problems.error(configCheck?(type, config).map { $0.moved(under: pointer) } ?? [])
    }

    private mutating func checkConditions(
        of name: String, _ fields: FieldReader, _ problems: inout ProblemCollector
    ) {
        target("default", of: name, fields, &problems)
        guard let value = fields.value("conditions") else { return }
        let pointer = fields.place("conditions")
        guard let entries = value.array else {
            problems.error(.wrongType, at: pointer, "\"conditions\" must be a list, not \(value.kind.withArticle).")
            return
        }
        if entries.isEmpty { problems.error(.badValue, at: pointer, "\"conditions\" must not be empty.") }
        for (index, entry) in entries.enumerated() {
            checkCondition(entry, at: pointer.appending(index: index), of: name, &problems)
        }
    }

    private mutating func checkCondition(
        _ entry: JSONValue, at pointer: JSONPointer, of name: String, _ problems: inout ProblemCollector
    ) {
        var condition = entry
        if let object = entry.object {
            let fields = FieldReader(object: object, pointer: pointer)
            if object.contains(key: "target") {
                target("target", of: name, fields, &problems)
            } else {
                problems.error(.requiredMissing, at: fields.place("target"), "A condition needs \"target\", a step.")
            }
            condition["target"] = .none
            if let path = object["path"]?.string { Self.warnOfJSONPath(path, at: fields.place("path"), &problems) }
        }
        var found: [Problem] = []
        _ = Condition.parse(condition, at: pointer, into: &found)
        problems.error(found)
    }

    private mutating func checkCases(of name: String, _ fields: FieldReader, _ problems: inout ProblemCollector) {
        if let path = fields.string("path", into: &problems) {
            if DotPath(path) == nil { problems.error(.badPath, at: fields.place("path"), DotPath.objection(to: path)) }
            Self.warnOfJSONPath(path, at: fields.place("path"), &problems)
        }
        if let cases = fields.reader("cases", into: &problems) {
            for key in cases.object.keys { target(key, of: name, cases, &problems) }
        }
        target("default", of: name, fields, &problems)
    }

    /// A target is a step, or null where the path ends.
    private mutating func target(
        _ key: String, of name: String, _ fields: FieldReader, _ problems: inout ProblemCollector
    ) {
        guard let target = fields.string(key, into: &problems) else { return }
        outline.connect(name, to: target, at: fields.place(key), into: &problems)
    }
}
