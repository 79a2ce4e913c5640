// An execution is born in one commit: with room and the right handler here, already in this instance's hands.

import Crypto
import Metrics
public import SkeinCore

/// One of many executions to start.
public struct CreateRequest: Sendable {
    public var flowID: String
    public var context: JSONObject
    public var options: CreateOptions

    public init(_ flowID: String, context: JSONObject = [:], options: CreateOptions = CreateOptions()) {
        self.flowID = flowID
        self.context = context
        self.options = options
    }
}

extension Engine {
    /// Starts an execution of a flow.
    ///
    /// Returns after the commit: what it returned is never lost. With an idempotency key the same call gives the same
    /// execution, on every instance, for the key's time.
    ///
    /// - Throws: `EngineError` with `flowNotFound`, `invalidRequest` (all problems at once), `contextLimit`,
    ///   `idempotencyMismatch`; `StoreError` when the store cannot take it.
    @discardableResult
    public func create(_ flowID: String, context: JSONObject = [:], options: CreateOptions = CreateOptions())
        async throws -> CreateResult
    {
        try await create(flowID, context: context, options: options, fork: nil)
    }

    /// - Parameter fork: the execution it is made from, and the step it begins at.
    func create(
        _ flowID: String, context: JSONObject, options: CreateOptions, fork: (source: ExecutionID, step: StepID)?
    ) async throws -> CreateResult {
        var problems = options.problems()
        problems += context.problems()
        guard problems.isEmpty else {
            throw EngineError(.invalidRequest, "the request is not valid", problems: problems)
        }
        while true {
            do {
                return try await create(flowID, context, options, fork)
            } catch let error as StoreError where error.code == .stale {
                flows.forgetLatest(flowID)
            }
        }
    }

    private func create(
        _ flowID: String, _ context: JSONObject, _ options: CreateOptions,
        _ fork: (source: ExecutionID, step: StepID)?
    ) async throws -> CreateResult {
        let (creation, flow, knownVersions) = try await creation(flowID, context, options)
        guard let key = options.idempotencyKey else {
            return try await born(creation, flow, options, fork, knownVersions: knownVersions)
        }
        return try await createOnce(creation, flow, options, fork, key: key)
    }

    /// What an execution is born with, its flow, and how many versions of it there were where the latest was taken.
    private func creation(_ flowID: String, _ context: JSONObject, _ options: CreateOptions) async throws -> (
        ExecutionCreation, CompiledFlow, Int?
    ) {
        let flow: CompiledFlow
        var knownVersions: Int?
        if let version = options.flowVersion {
            flow = try await flows.flow(flowID, version: version)
        } else {
            let latest = try await flows.latest(flowID, remembered: options.idempotencyKey == nil)
            flow = latest.flow
            knownVersions = latest.versions
        }
        if let problem = flow.spec.limits.problem(of: context) { throw EngineError(.contextLimit, problem) }
        try check(context, against: flow.decision.graph.inputSchema)
        let now = clock.now
        let creation = ExecutionCreation(
            id: options.executionID ?? .new(at: now), flowID: flowID, flowVersion: flow.spec.version.description,
            tenantID: options.tenantID, context: context,
            tag: options.tag, priority: Int16(clamping: options.priority), metadata: options.metadata,
            idempotencyKey: options.idempotencyKey,
            parentID: options.parentID, rootID: try await root(of: options.parentID),
            executionTimeout: options.executionTimeout ?? flow.spec.executionTimeout, waitTimeout: options.waitTimeout,
            terms: options.terms, autoRun: options.autoRun, by: Intervention().told, createdAt: now)
        return (creation, flow, knownVersions)
    }

    /// - Throws: `invalidRequest` with every violation and its place.
    private func check(_ context: JSONObject, against schema: JSONSchema?) throws {
        guard let schema else { return }
        let violations = schema.validate(.object(context), formats: true)
        guard violations.isEmpty else {
            throw EngineError(
                .invalidRequest, "the context does not match the flow's inputSchema",
                problems: violations.map { violation in
                    Problem(
                        code: "SCHEMA_VIOLATION", pointer: JSONPointer(tokens: ["context"] + violation.instance.tokens),
                        message: violation.message)
                })
        }
    }

    private func root(of parent: ExecutionID?) async throws -> ExecutionID? {
        guard let parent else { return nil }
        guard let record = try await store.record(parent) else {
            throw EngineError(
                .invalidRequest, "the request is not valid",
                problems: [
                    Problem(
                        code: "PARENT_NOT_FOUND", pointer: JSONPointer(tokens: ["parentExecutionId"]),
                        message: "there is no execution \(parent)")
                ])
        }
        return record.creation.rootID
    }

    // MARK: - Many

    /// Starts many executions. Those without an idempotency key that are valid become durable together, in one
    /// transaction; each of the others by itself. One that cannot be started does not keep the others.
    public func create(_ requests: [CreateRequest]) async -> [Result<CreateResult, any Error>] {
        var results = [Result<CreateResult, any Error>?](repeating: nil, count: requests.count)
        var batch: [(index: Int, append: Append, state: ExecutionState, due: Timestamp)] = []
        for (index, request) in requests.enumerated() {
            do {
                let problems = request.options.problems() + request.context.problems()
                guard problems.isEmpty else {
                    throw EngineError(.invalidRequest, "the request is not valid", problems: problems)
                }
                guard request.options.idempotencyKey == nil else {
                    results[index] = .success(
                        try await create(request.flowID, context: request.context, options: request.options))
                    continue
                }
                let (creation, flow, _) = try await creation(request.flowID, request.context, request.options)
                let due = request.options.readyAt(now: creation.createdAt)
                let (append, state) = first(creation, flow, nil, due: due, ownership: nil)
                batch.append((index, append, state, due))
            } catch {
                results[index] = .failure(error)
            }
        }
        do {
            let outcomes = batch.isEmpty ? [] : try await store.commit(batch.map(\.append), writer: 0)
            for (item, outcome) in zip(batch, outcomes) {
                if case .refused(let error) = outcome {
                    results[item.index] = .failure(error)
                    continue
                }
                metrics.started.increment()
                announce([(item.state.creation, item.due)])
                results[item.index] = .success((execution: Execution(item.state), created: true))
            }
        } catch {
            for item in batch { results[item.index] = .failure(error) }
        }
        return results.map { $0 ?? .failure(StoreError(.unavailable, "the store gave no outcome")) }
    }

    // MARK: - Without a key

    private func born(
        _ creation: ExecutionCreation, _ flow: CompiledFlow, _ options: CreateOptions,
        _ fork: (source: ExecutionID, step: StepID)?, knownVersions: Int?
    ) async throws -> CreateResult {
        let due = options.readyAt(now: creation.createdAt)
        let ownership = takeRoom(for: flow, due: due, creation, at: fork?.step)
        let (append, state) = first(
            creation, flow, fork, due: due, ownership: ownership, knownVersions: knownVersions)
        do {
            switch try await journal.commitDirectly(append) {
            case .committed:
                #if SKEIN_FAILPOINTS
                await Failpoint.reach("create.afterCommit")
                #endif
                return made(state, flow, due: due, ownership)
            case .refused(let error): throw error
            case .fenced: throw StoreError(.unavailable, "the new execution's id was taken")
            }
        } catch {
            if ownership != nil { slots.cancelReservation(1) }
            throw error
        }
    }

    /// With room and the first step's handler here, the execution is born in this instance's hands; nil: somebody
    /// claims it.
    private func takeRoom(
        for flow: CompiledFlow, due: Timestamp, _ creation: ExecutionCreation, at step: StepID?
    ) -> Ownership? {
        guard due <= creation.createdAt, isRunning, identity.mayClaim,
            let first = step ?? flow.spec.initialStepIDs.first, let type = flow.decision.graph.node(of: first)?.type,
            let handler = handlers[ofType: type], !handler.isTask || taskRoom.hasRoom(for: type),
            slots.reserve(upTo: 1) == 1
        else { return nil }
        return Ownership(workerID: identity.id, claimID: .new(), lease: configuration.lease)
    }

    /// After the commit.
    private func made(_ state: ExecutionState, _ flow: CompiledFlow, due: Timestamp, _ ownership: Ownership?)
        -> CreateResult
    {
        metrics.started.increment()
        askForWay(state.creation)
        if let ownership {
            let slot = Slot(state.id, ownership.claimID)
            if slots.fill(slot) == nil { startBorn(slot, flow, state) } else { slots.cancelReservation(1) }
        } else {
            announce([(state.creation, due)])
        }
        coordination.events.publish(EventNotice(executionID: state.id, rootID: state.creation.rootID, position: 1))
        return (execution: Execution(state, owner: ownership?.workerID), created: true)
    }

    /// Asks everybody to hold back with the backlogs of other tenants, when creations take longer than they used to.
    private func askForWay(_ creation: ExecutionCreation) {
        let span = max(.zero, clock.now - creation.createdAt)
        guard courtesy.created(in: span, at: clock.monotonic) else { return }
        coordination.wakes.signal([
            WakeHint(executionID: nil, reason: WakeHint.yield, lane: WakeHint.lane(of: creation.tenantID))
        ])
    }

    /// Tells everybody of executions that were created for nobody in particular.
    func announce(_ created: [(creation: ExecutionCreation, due: Timestamp)]) {
        let due = created.filter { $0.due != .distantFuture }
        guard !due.isEmpty else { return }
        coordination.wakes.signal(
            due.map { creation, due in
                WakeHint(
                    executionID: creation.id, at: due > creation.createdAt ? due : nil, reason: "new",
                    lane: WakeHint.lane(of: creation.tenantID))
            })
        for one in due { dispatcher?.expect(one.due) }
    }

    /// The row that starts an execution which somebody else makes durable, and nobody owns.
    ///
    /// - Throws: as `create`.
    func firstRow(_ flowID: String, _ context: JSONObject, _ options: CreateOptions) async throws -> Append {
        let (creation, flow, _) = try await creation(flowID, context, options)
        return first(creation, flow, nil, due: options.readyAt(now: creation.createdAt), ownership: nil).0
    }

    private func first(
        _ creation: ExecutionCreation, _ flow: CompiledFlow, _ fork: (source: ExecutionID, step: StepID)?,
        due: Timestamp, ownership: Ownership?, knownVersions: Int? = nil
    ) -> (Append, ExecutionState) {
        var state = flow.decision.graph.state(creation)
        var events: [ExecutionEvent] = [.created(creation)]
        if let fork { events.append(.forked(from: fork.source, steps: [fork.step])) }
        let body = LogBody(workerID: identity.id, at: creation.createdAt, events: events)
        state.apply(body.events, position: 1, at: body.at)
        let new = NewExecution(creation: creation, needs: flow.needs(state), readyAt: due, knownVersions: knownVersions)
        let append = Append(
            executionID: creation.id, position: 1, kind: .created, count: Int16(events.count),
            operationID: OperationID(raw: creation.id.raw), at: body.at,
            body: body.encoded(), effect: .create(new, ownership: ownership))
        state.chain = append.hash
        return (append, state)
    }

    // MARK: - With a key

    private func createOnce(
        _ creation: ExecutionCreation, _ flow: CompiledFlow, _ options: CreateOptions,
        _ fork: (source: ExecutionID, step: StepID)?, key: String
    ) async throws -> CreateResult {
        let scope = IdempotencyScope(tenantID: options.tenantID, flowID: creation.flowID, key: key)
        let fingerprint = Array(SHA256.hash(data: JSONValue.object(creation.context).serialized(.canonical)))
        if let answer = try? await coordination.idempotency.lookUp(scope), answer.fingerprint == fingerprint,
            let known = try await existing(answer.executionID, scope, options)
        {
            metrics.idempotencyRedis.increment()
            return known
        }
        let due = options.readyAt(now: creation.createdAt)
        let ownership = takeRoom(for: flow, due: due, creation, at: fork?.step)
        let (append, state) = first(creation, flow, fork, due: due, ownership: ownership)
        let ttl = options.idempotencyTTL ?? configuration.idempotencyTTL
        let outcome: [KeyedOutcome]
        do {
            outcome = try await store.create([
                KeyedCreation(append: append, key: key, fingerprint: fingerprint, ttl: ttl)
            ])
        } catch {
            if ownership != nil { slots.cancelReservation(1) }
            throw error
        }
        if outcome.first != .created, ownership != nil { slots.cancelReservation(1) }
        switch outcome.first {
        case .created?:
            #if SKEIN_FAILPOINTS
            await Failpoint.reach("create.afterCommit")
            #endif
            remember(IdempotencyAnswer(executionID: creation.id, fingerprint: fingerprint), scope, ttl: ttl)
            return made(state, flow, due: due, ownership)
        case .exists(let id, let stored, let expiresAt)?:
            metrics.idempotencyStore.increment()
            if stored != fingerprint, options.onMismatch == .refuse { throw mismatch(key) }
            remember(IdempotencyAnswer(executionID: id, fingerprint: stored), scope, ttl: expiresAt - clock.now)
            guard let known = try await existing(id, nil, options) else {
                throw EngineError(
                    .idempotencyMismatch,
                    "the idempotency key '\(key)' was used for the execution \(id), which has been deleted: use another key"
                )
            }
            return known
        case nil:
            throw StoreError(.unavailable, "the store gave no outcome")
        }
    }

    /// The execution behind a key, read from the store: a cache may say anything.
    private func existing(_ id: ExecutionID, _ scope: IdempotencyScope?, _ options: CreateOptions) async throws
        -> CreateResult?
    {
        guard let record = try await store.record(id) else { return nil }
        let creation = record.creation
        if let scope {
            guard creation.idempotencyKey == scope.key, creation.flowID == scope.flowID,
                creation.tenantID == scope.tenantID
            else { return nil }
        }
        if let version = options.flowVersion, version != creation.flowVersion, options.onMismatch == .refuse {
            throw mismatch(options.idempotencyKey ?? "")
        }
        return (execution: try await execution(of: record), created: false)
    }

    private func mismatch(_ key: String) -> EngineError {
        EngineError(.idempotencyMismatch, "the idempotency key '\(key)' was used with another flow version or context")
    }

    private func remember(_ answer: IdempotencyAnswer, _ scope: IdempotencyScope, ttl: Duration) {
        guard ttl > .zero else { return }
        let cache = coordination.idempotency
        detached { try? await cache.remember(answer, for: scope, ttl: ttl) }
    }
}

/// Work that nobody waits for: an effort beside the answer, bounded by its own timeouts.
func detached(_ body: @escaping @concurrent @Sendable () async -> Void) {
    Task { await body() }
}
