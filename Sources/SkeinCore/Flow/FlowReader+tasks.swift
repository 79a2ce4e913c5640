// The task-graph dialect: a list of tasks, each with what it depends on.

extension FlowReader {
    private static let taskFields = [
        "id", "name", "handler", "dependencies", "inputs", "outputs", "retry", "timeoutMs", "when", "compensate",
        "commit", "config",
    ]
    private static let taskHints = [
        "type": "handler", "dependsOn": "dependencies", "input": "inputs", "output": "outputs", "timeout": "timeoutMs",
    ]

    /// What a task does without a policy of its own.
    static let taskRetry = RetryPolicy(maxAttempts: 3, backoff: .seconds(1))
    static let taskTimeout = Duration.seconds(30)

    private struct Task {
        var fields: FieldReader
        var id: StepID
        var dependencies: [StepID]
    }

    /// Reads `tasks` and turns dependencies into transitions.
    mutating func readTasks() -> [StepSpec] {
        for key in ["steps", "initialStepId"] where fields.value(key) != nil {
            problems.error(.badValue, at: fields.place(key), "A task graph has \"tasks\", and no \(key.quoted).")
        }
        guard let value = fields.value("tasks"), let list = value.array else {
            problems.error(.wrongType, at: fields.place("tasks"), "\"tasks\" must be a list of tasks.")
            return []
        }
        guard !list.isEmpty else {
            problems.error(.stepsEmpty, at: fields.place("tasks"), "A flow needs at least one task.")
            return []
        }
        guard list.count <= Self.maxSteps else {
            problems.error(
                .outOfRange, at: fields.place("tasks"), "A flow must not have more than \(Self.maxSteps) tasks.")
            return []
        }
        let tasks = taskList(list)
        checkDependencies(tasks)
        var dependants: [StepID: [StepID]] = [:]
        for task in tasks {
            for dependency in task.dependencies { dependants[dependency, default: []].append(task.id) }
        }
        return tasks.compactMap { spec($0, dependants[$0.id] ?? []) }
    }

    private mutating func taskList(_ list: [JSONValue]) -> [Task] {
        var tasks: [Task] = []
        var known: Set<StepID> = []
        for (index, json) in list.enumerated() {
            let place = fields.place("tasks").appending(index: index)
            guard let object = json.object else {
                problems.error(.wrongType, at: place, "A task must be an object, not \(json.kind.withArticle).")
                continue
            }
            let reader = FieldReader(object: object, pointer: place)
            reader.checkNames(Self.taskFields, hints: Self.taskHints, of: "a task", into: &problems)
            guard let id = reader.requiredString("id", of: "A task", into: &problems) else { continue }
            if let objection = Identifier.objection(to: id, as: .step) {
                problems.error(.badID, at: reader.place("id"), "The id of a task \(objection).")
            }
            if !known.insert(StepID(id)).inserted {
                problems.error(.duplicateID, at: reader.place("id"), "There is another task with the id \(id.quoted).")
                continue
            }
            let dependencies = (reader.strings("dependencies", into: &problems) ?? []).map { StepID($0) }
            tasks.append(Task(fields: reader, id: StepID(id), dependencies: dependencies))
        }
        return tasks
    }

    private mutating func checkDependencies(_ tasks: [Task]) {
        let names = tasks.map(\.id.rawValue)
        let known = Set(tasks.map(\.id))
        for task in tasks {
            var seen: Set<StepID> = []
            for (index, dependency) in task.dependencies.enumerated() {
                let place = task.fields.place("dependencies").appending(index: index)
                if !known.contains(dependency) {
                    let ending = problems.phrase(for: dependency.rawValue, among: names)
                    problems.error(
                        .transitionUnknown, at: place, "There is no task \(dependency.rawValue.quoted)\(ending)")
                }
                if !seen.insert(dependency).inserted {
                    problems.error(.badValue, at: place, "The task \(dependency.rawValue.quoted) is named twice.")
                }
            }
        }
        if let cycle = cycle(tasks) {
            let path = (cycle + [cycle[0]]).map(\.rawValue).joined(separator: " → ")
            problems.error(.cycle, at: fields.place("tasks"), "Tasks depend on each other in a circle: \(path).")
        }
    }

    /// Tasks that wait for each other; each depends on the one before it.
    private func cycle(_ tasks: [Task]) -> [StepID]? {
        let dependencies = Dictionary(uniqueKeysWithValues: tasks.map { ($0.id, $0.dependencies) })
        var left = Dictionary(
            uniqueKeysWithValues: tasks.map { ($0.id, $0.dependencies.filter { dependencies[$0] != nil }.count) })
        var dependants: [StepID: [StepID]] = [:]
        for task in tasks {
            for dependency in task.dependencies { dependants[dependency, default: []].append(task.id) }
        }
        var free = tasks.map(\.id).filter { left[$0] == 0 }
        while let next = free.popLast() {
            left[next] = nil
            for dependant in dependants[next] ?? [] {
                guard let count = left[dependant] else { continue }
                left[dependant] = count - 1
                if count == 1 { free.append(dependant) }
            }
        }
        guard var walker = tasks.first(where: { left[$0.id] != nil })?.id else { return nil }
        var path: [StepID] = []
        while !path.contains(walker) {
            path.append(walker)
            guard let before = dependencies[walker]?.first(where: { left[$0] != nil }) else { return path }
            walker = before
        }
        return Array(path[(path.firstIndex(of: walker) ?? 0)...].reversed())
    }

    private mutating func spec(_ task: Task, _ dependants: [StepID]) -> StepSpec? {
        let fields = task.fields
        let type = steps.type(of: fields, "handler", &problems)
        let config = fields.object("config", into: &problems) ?? [:]
        let inputs = paths("inputs", fields)
        let outputs = paths("outputs", fields) ?? []
        let retry = fields.reader("retry", into: &problems).map { RetryPolicy.read($0, into: &problems) }
        let isCommit = fields.bool("commit", into: &problems) ?? false
        let when = steps.condition(fields, &problems)
        let compensate = steps.compensation(fields, isCommit: isCommit, &problems)
        let timeout = fields.duration("timeoutMs", into: &problems)
        let name = fields.string("name", into: &problems)
        guard let type else { return nil }
        return StepSpec(
            id: task.id, type: type, name: name, config: config, input: inputs.map(InputSelector.paths), outputKey: nil,
            onSuccess: dependants, onFailure: [], onResume: [], onSkip: nil, join: task.dependencies, when: when,
            compensate: compensate, isCommit: isCommit, outputs: outputs, retry: retry ?? Self.taskRetry,
            timeout: timeout ?? Self.taskTimeout, heartbeat: nil)
    }

    private mutating func paths(_ key: String, _ fields: FieldReader) -> [NamedPath]? {
        guard let reader = fields.reader(key, into: &problems) else { return nil }
        var paths: [NamedPath] = []
        for (name, value) in reader.object {
            let place = reader.place(name)
            guard let text = value.string else {
                problems.error(.wrongType, at: place, "This must be a JSONPath, not \(value.kind.withArticle).")
                continue
            }
            if name.isEmpty { problems.error(.badValue, at: place, "A name must not be empty.") }
            do {
                paths.append(NamedPath(name: name, path: try JSONPath(text)))
            } catch {
                problems.error(.badPath, at: place, "\(text.quoted) is not a JSONPath: \(error)")
            }
        }
        return paths
    }
}
