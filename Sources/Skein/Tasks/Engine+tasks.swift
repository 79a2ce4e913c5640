// Independent work: "register a handler, enqueue, let parents wait for children".

import Logging
public import SkeinCore

extension Engine {
    /// What does the work of a task. It runs outside any actor. Thrown errors fail the attempt.
    public typealias TaskBody<Payload: Codable & Sendable> =
        @concurrent @Sendable (TaskContext<Payload>, Next) async throws -> TaskResult

    /// Registers what does the tasks of a name, or replaces it: attempts that run keep what they started with, later ones
    /// take the newest.
    public func task<Payload>(
        _ name: TaskName<Payload>, options: TaskHandlerOptions = TaskHandlerOptions(),
        _ body: @escaping TaskBody<Payload>
    ) {
        use(name.text, options: options, body)
    }

    /// The same by the name's text; the payload is what the closure says, `JSONValue` for any.
    public func use<Payload>(
        _ name: String, options: TaskHandlerOptions = TaskHandlerOptions(), _ body: @escaping TaskBody<Payload>
    ) {
        let type = TaskDefinition.flowID(name)
        let metadata = HandlerMetadata(
            type: type, name: name, category: "task",
            limit: options.maxConcurrentInCluster.map { .concurrency($0) })
        handlers.register(
            AnyHandler(metadata) { [weak self] input, step in
                let task = try await TaskContext<Payload>(input, step)
                return try await Self.stepResult(try await body(task, Next()), of: step, self)
            })
        taskRoom.set(options.maxConcurrentTasks, of: type)
        tasks.use(name, options)
    }

    /// Registers what does the tasks of several names.
    public func use(
        _ handlers: [String: TaskBody<JSONValue>], options: TaskHandlerOptions = TaskHandlerOptions()
    ) {
        for (name, body) in handlers { use(name, options: options, body) }
    }

    /// Begins no more tasks on this instance, until ``resumeTasks()``; those that run go on.
    public func pauseTasks() { taskRoom.pause() }

    /// Begins tasks again.
    public func resumeTasks() {
        taskRoom.resume()
        dispatcher?.taskRoomMade()
    }

    /// Forgets tasks' handlers; attempts that run end as they would. Returns how many there were.
    @discardableResult
    public func unuse(_ names: String...) -> Int {
        names.count { name in
            handlers.unregister(TaskDefinition.flowID(name))
            return tasks.unuse(name)
        }
    }

    /// Starts a task.
    ///
    /// - Throws: `handlerNotFound` when this engine has no such task; `invalidRequest` with every problem.
    @discardableResult
    public func async<Payload>(
        _ name: TaskName<Payload>, _ payload: Payload, options: TaskOptions = TaskOptions()
    ) async throws -> CreateResult {
        try await self.async(name.text, payload: try AnyHandler.encode(payload), options: options)
    }

    /// The same by the name's text.
    @discardableResult
    public func async(_ name: String, payload: JSONValue = .null, options: TaskOptions = TaskOptions()) async throws
        -> CreateResult
    {
        guard let task = tasks[name], let version = try await tasks.version(of: name, in: self) else {
            throw EngineError(.handlerNotFound, "No handler registered for task: \(name)")
        }
        let priority = task.options.priority ?? configuration.tasks.priority
        return try await create(
            task: name, payload, options, version, priority, options.terms(else: task.options, configuration.tasks))
    }

    /// Starts a task that some instance has, or had: as the store knows it.
    package func enqueue(_ name: String, payload: JSONValue, options: TaskOptions) async throws -> CreateResult {
        if tasks[name] != nil { return try await self.async(name, payload: payload, options: options) }
        let (handler, priority, version) = try await known(task: name)
        return try await create(
            task: name, payload, options, version, priority, options.terms(else: handler, configuration.tasks))
    }

    /// Makes the store know the tasks among the handlers of a worker outside, so that they can be asked for: as tasks of which
    /// nothing more is said, where no instance has said more.
    func publishTasks(of handlers: [String]) async throws {
        for handler in handlers {
            guard let name = TaskDefinition.name(of: handler), tasks[name] == nil, !isPublished(handler) else {
                continue
            }
            let task = TaskDefinition(name: name, options: TaskHandlerOptions(), number: 0)
            do { try await publish(task.flow(configuration.tasks), ifNone: true) } catch let error as EngineError {
                // Nobody can ask for a task of such a name, so this worker is never given one.
                logger.debug("not a task", metadata: ["handler": "\(handler)", "error": "\(error)"])
            }
        }
    }

    /// What the store knows of a task: its handler's options, its priority, the version of its flow.
    ///
    /// - Throws: `handlerNotFound`.
    func known(task name: String) async throws -> (TaskHandlerOptions, Int, String) {
        let known: FlowSpec
        do {
            known = try await flows.latest(TaskDefinition.flowID(name), remembered: false).flow.spec
        } catch let error as EngineError where error.code == .flowNotFound {
            throw EngineError(
                .handlerNotFound, "No handler registered for task: \(name)",
                problems: [
                    Problem(
                        code: "HANDLER_NOT_FOUND", pointer: JSONPointer(tokens: ["name"]),
                        message: "no instance has ever had the task '\(name)'")
                ])
        }
        let step = known.steps.first
        let handler = TaskHandlerOptions(
            maxRetries: step?.retry.map { $0.maxAttempts + 1 }, retryInterval: step?.retry?.backoff)
        return (
            handler, known.metadata?["priority"]?.int ?? configuration.tasks.priority, known.version.description
        )
    }

    private func create(
        task name: String, _ payload: JSONValue, _ options: TaskOptions, _ version: String, _ priority: Int,
        _ terms: StepTerms?
    ) async throws -> CreateResult {
        let problems = options.problems()
        guard problems.isEmpty else {
            throw EngineError(.invalidRequest, "the request is not valid", problems: problems)
        }
        var create = CreateOptions(
            flowVersion: version, tenantID: options.tenantID, idempotencyKey: options.idempotencyKey, tag: options.tag,
            priority: options.priority ?? priority, delay: options.delay, metadata: options.metadata)
        create.terms = terms
        return try await self.create(TaskDefinition.flowID(name), context: ["payload": payload], options: create)
    }

    /// Tells the store of tasks as they are registered, so that whoever cannot ask this process may start them.
    func publishTasks() async {
        while !Task.isCancelled {
            var isDone = true
            for name in tasks.pending {
                do { _ = try await tasks.version(of: name, in: self) } catch {
                    isDone = false
                    logger.debug("a task is not registered yet", metadata: ["task": "\(name)", "error": "\(error)"])
                }
            }
            await tasks.news.wait(until: isDone ? nil : clock.monotonic + .seconds(1), clock: clock)
        }
    }

    // MARK: - Results

    private static func stepResult(_ result: TaskResult, of step: StepContext, _ engine: Engine?) async throws
        -> StepResult<JSONValue>
    {
        switch result {
        case .success(let value): return .completed(value)
        case .failure(let failure): return .failed(failure)
        case .suspended(let reason, let context):
            guard reason.contains(where: { !$0.isWhitespace }) else {
                return .failure("INVALID_SUSPENSION", "Suspension requires a non-empty reason")
            }
            var request = WaitRequest(until: .resume, reason: reason)
            request.stage = StageBreak(context)
            return .wait(request)
        case .waiting(let children, let context):
            guard let engine else { throw CancellationError() }
            var request = try await engine.children(children, of: step)
            request.stage = StageBreak(context)
            return .children(request)
        }
    }

    /// What a task asks for. Children's options are settled here: child, then its handler, then its parent.
    private func children(_ children: [ChildTask], of step: StepContext) async throws -> ChildrenRequest {
        var request = ChildrenRequest(step.flowID, contexts: [])
        request.collects = true
        request.isMap = true
        request.yields = .result
        var indices: [ChildKind: Int] = [:]
        for child in children {
            guard !child.name.isEmpty else {
                throw StepFailure("INVALID_CHILD", "Child task missing required name property")
            }
            let problems = child.options.problems()
            guard problems.isEmpty else {
                throw StepFailure("INVALID_CHILD", problems.map(\.description).joined(separator: "; "))
            }
            let kind = try await kind(of: child, step)
            let index = indices[kind] ?? request.kinds.count
            if index == request.kinds.count {
                indices[kind] = index
                request.kinds.append(kind)
            }
            if index > 0, request.kindOfChild.isEmpty {
                request.kindOfChild = Array(repeating: 0, count: request.contexts.count)
            }
            if !request.kindOfChild.isEmpty || index > 0 { request.kindOfChild.append(index) }
            request.contexts.append(["payload": child.payload])
        }
        return request
    }

    private func kind(of child: ChildTask, _ parent: StepContext) async throws -> ChildKind {
        guard let task = tasks[child.name], let version = try await tasks.version(of: child.name, in: self) else {
            throw StepFailure("HANDLER_NOT_FOUND", "No handler registered for child task: \(child.name)")
        }
        let (own, handler) = (child.options, task.options)
        var options = own
        options.timeout = own.timeout ?? (handler.timeout == nil ? parent.attemptLimit : nil)
        if own.maxRetries == nil, own.retryInterval == nil, handler.maxRetries == nil, handler.retryInterval == nil,
            let retry = parent.creation.terms?.retry ?? parent.node.retry
        {
            options.maxRetries = retry.maxAttempts + 1
            options.retryInterval = retry.backoff
        }
        return ChildKind(
            flowID: TaskDefinition.flowID(child.name), flowVersion: version,
            terms: options.terms(else: handler, configuration.tasks),
            priority: (own.priority ?? handler.priority).map { Int16(clamping: max(-100, min(100, $0))) },
            tag: own.tag)
    }
}

extension StepContext {
    /// The longest an attempt may take, as its creator or its flow has it.
    fileprivate var attemptLimit: Duration? { creation.terms?.timeout ?? node.timeout }
}
