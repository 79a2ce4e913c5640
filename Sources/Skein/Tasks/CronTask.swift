// Tasks at certain times: a schedule, and one execution of the task for each tick.

public import SkeinCore

/// A task that runs at certain times, as people and programs see it: its schedule and what its last execution did.
public struct CronTaskRecord: Sendable {
    public let schedule: ScheduleState
    public let name: String
    /// The latest tick's; nil before the first.
    public let last: TaskRecord?
    /// The last that completed.
    public let result: JSONValue?

    public var id: ScheduleID { schedule.record.id }
    public var nextRunAt: Timestamp? {
        let next = schedule.record.nextTick
        return next == .distantFuture || status == .paused ? nil : next
    }

    /// As fib-flow has it: `pending` between two runs, `paused` after one that failed for good.
    public var status: TaskStatus {
        if schedule.record.isPaused { return .paused }
        switch last?.status {
        case .running?, .failed?, .timeout?, .suspended?: return last?.status ?? .pending
        case .permanentlyFailed? where isFailed: return .paused
        case .pending?, .completed?, .permanentlyFailed?, .paused?, nil: return .pending
        }
    }

    /// The last run failed, and nobody has let the task go on since.
    private var isFailed: Bool {
        guard let ended = last?.execution.endedAt else { return false }
        return schedule.record.updatedAt <= ended
    }

    /// Of the last run: each begins anew.
    public var retryCount: Int { status == .pending ? 0 : last?.retryCount ?? 0 }
    public var error: Failure? { status == .pending ? nil : last?.error }

    public var json: JSONValue {
        let record = schedule.record
        var object: JSONObject = [
            "id": .string(id.description), "name": .string(name), "type": "cron", "status": .string(status.rawValue),
            "payload": record.schedule.context["payload"] ?? .null, "retryCount": .int(Int64(retryCount)),
            "priority": .int(Int64(record.schedule.priority)), "createdAt": .string(record.createdAt.description),
            "updatedAt": .string(max(record.updatedAt, last?.execution.updatedAt ?? record.updatedAt).description),
        ]
        if case .cron(let expression, let zone) = record.schedule.times {
            object["cron"] = .string(expression.text)
            object["timeZone"] = .string(zone)
        }
        object["tag"] = record.schedule.tag.map { .string($0) }
        object["nextRunAt"] = nextRunAt.map { .string($0.description) }
        object["lastExecutionId"] = last.map { .string($0.id.description) }
        object["result"] = result
        object["error"] = error?.json
        return .object(object)
    }
}

extension Engine {
    /// Runs a task at the times of a cron expression. Call it on every instance at every start: it makes the schedule
    /// `scheduleName`, or changes it to what is given here, or finds it as it is.
    ///
    /// Runs never overlap, and ticks that were missed come to one run. A run has the attempts of a task; when they are used
    /// up the task is paused until ``resumeCron(_:)``, which runs it at once. Each run counts its attempts anew.
    ///
    /// - Parameters:
    ///   - expression: five fields, or six with seconds first.
    ///   - scheduleName: unique per tenant. Default: `task:` and the task's name.
    ///   - timeZone: Default: the configuration's.
    /// - Throws: `handlerNotFound` when this engine has no such task; `invalidRequest` with every problem.
    @discardableResult
    public func cron(
        _ name: String, _ expression: String, payload: JSONValue = .null, options: TaskOptions = TaskOptions(),
        scheduleName: String? = nil, timeZone: String? = nil
    ) async throws -> CronTaskRecord {
        guard let task = tasks[name], try await tasks.version(of: name, in: self) != nil else {
            throw EngineError(.handlerNotFound, "No handler registered for task: \(name)")
        }
        let terms = options.terms(else: task.options, configuration.tasks)
        let priority = options.priority ?? task.options.priority ?? configuration.tasks.priority
        return try await cron(name, expression, payload, options, terms, priority, scheduleName, timeZone)
    }

    /// The same by a typed name.
    @discardableResult
    public func cron<Payload>(
        _ name: TaskName<Payload>, _ expression: String, _ payload: Payload, options: TaskOptions = TaskOptions(),
        scheduleName: String? = nil, timeZone: String? = nil
    ) async throws -> CronTaskRecord {
        try await cron(
            name.text, expression, payload: try AnyHandler.encode(payload), options: options,
            scheduleName: scheduleName,
            timeZone: timeZone)
    }

    /// Of a task that some instance has, or had.
    package func cronStored(
        _ name: String, _ expression: String, payload: JSONValue, options: TaskOptions, scheduleName: String?,
        timeZone: String?
    ) async throws -> CronTaskRecord {
        if tasks[name] != nil {
            return try await cron(
                name, expression, payload: payload, options: options, scheduleName: scheduleName, timeZone: timeZone)
        }
        let (handler, priority, _) = try await known(task: name)
        return try await cron(
            name, expression, payload, options, options.terms(else: handler, configuration.tasks),
            options.priority ?? priority, scheduleName, timeZone)
    }

    private func cron(
        _ name: String, _ expression: String, _ payload: JSONValue, _ options: TaskOptions, _ terms: StepTerms?,
        _ priority: Int, _ scheduleName: String?, _ timeZone: String?
    ) async throws -> CronTaskRecord {
        do { _ = try CronExpression(expression) } catch {
            throw EngineError(
                .invalidRequest, "Invalid cron expression: \(expression)",
                problems: error.problems(at: JSONPointer(tokens: ["cron"])))
        }
        let problems = options.problems()
        guard problems.isEmpty else {
            throw EngineError(.invalidRequest, "the request is not valid", problems: problems)
        }
        var definition: JSONObject = [
            "name": .string(scheduleName ?? TaskDefinition.flowID(name)),
            "flowId": .string(TaskDefinition.flowID(name)),
            "context": ["payload": payload], "cron": .string(expression), "priority": .int(Int64(priority)),
            "overlap": "skip", "missed": "latest", "missedWindowMs": 31_536_000_000, "pauseOnFailure": true,
        ]
        definition["timeZone"] = timeZone.map { .string($0) }
        definition["tenantId"] = options.tenantID.map { .string($0) }
        definition["tag"] = options.tag.map { .string($0) }
        definition["metadata"] = options.metadata.map { .object($0) }
        definition["terms"] = terms.map { .object($0.members) }
        let state = try await setSchedule(definition)
        return try await cronTask(of: state)
    }

    /// A cron task by the id of its schedule.
    ///
    /// - Throws: `scheduleNotFound`, also for a schedule of something else.
    public func cronTask(_ id: ScheduleID) async throws -> CronTaskRecord {
        try await cronTask(of: try await schedule(id))
    }

    /// All of them, or those of one task, by the schedules' names.
    public func cronTasks(_ name: String? = nil, tenantID: String? = nil) async throws -> [CronTaskRecord] {
        var found: [CronTaskRecord] = []
        let query = ScheduleQuery(tenantID: tenantID, flowID: name.map(TaskDefinition.flowID))
        for record in try await schedules(query) where TaskDefinition.name(of: record.schedule.flowID) != nil {
            found.append(try await cronTask(record.id))
        }
        return found
    }

    /// Holds a cron task back: it runs no more until it is resumed. A run that has begun goes on.
    @discardableResult
    public func pauseCron(_ id: ScheduleID) async throws -> CronTaskRecord {
        _ = try await cronTask(id)
        return try await cronTask(of: try await pauseSchedule(id))
    }

    /// Lets a cron task go on that was paused, by somebody or because it failed: it runs now, and then at its times.
    @discardableResult
    public func resumeCron(_ id: ScheduleID) async throws -> CronTaskRecord {
        let task = try await cronTask(id)
        if !task.schedule.record.isPaused, task.status == .paused { try await pauseSchedule(id) }
        try await resumeSchedule(id)
        try await triggerSchedule(id)
        return try await cronTask(id)
    }

    /// Attempts of all its runs, numbered from 1 on, the first first.
    public func cronAttempts(of id: ScheduleID) async throws -> [AttemptRecord] {
        _ = try await cronTask(id)
        var attempts: [AttemptRecord] = []
        for tick in try await ticks(of: id, limit: 1_000).reversed() {
            guard let execution = tick.executionID else { continue }
            var query = AuditQuery(.execution(execution))
            query.limit = 1_000
            for var attempt in try await auditAttempts(query).items {
                attempt.attempt = attempts.count + 1
                attempts.append(attempt)
            }
        }
        return attempts
    }

    private func cronTask(of state: ScheduleState) async throws -> CronTaskRecord {
        guard let name = TaskDefinition.name(of: state.record.schedule.flowID) else {
            throw EngineError(.scheduleNotFound, "the schedule \(state.record.id) starts no task")
        }
        var last: TaskRecord?
        var result: JSONValue?
        for tick in try await ticks(of: state.record.id, limit: 20) {
            guard let id = tick.executionID, let task = try? await taskRecord(id) else { continue }
            last = last ?? task
            if let known = task.result {
                result = known
                break
            }
        }
        return CronTaskRecord(schedule: state, name: name, last: last, result: result)
    }
}
