// An execution is born in one commit: with room and the right handler here, already in this instance's hands.

import Crypto
import Metrics
public import SkeinCore

extension Engine {
    /// Starts an execution of a flow.
    ///
    /// Returns after the commit: what it returned is never lost. With an idempotency key the same call gives the same execution, on every
    /// instance, for the key's time.
    ///
    /// - Throws: `EngineError` with `flowNotFound`, `invalidRequest` (all problems at once), `contextLimit`, `idempotencyMismatch`;
    ///   `StoreError` when the store cannot take it.
    @discardableResult
    public func create(_ flowID: String, context: JSONObject = [:], options: CreateOptions = CreateOptions()) async throws -> CreateResult {
        var problems = options.problems()
        problems += context.problems()
        guard problems.isEmpty else { throw EngineError(.invalidRequest, "the request is not valid", problems: problems) }
        let flow = try await flows.flow(flowID, version: options.flowVersion)
        if let problem = flow.spec.limits.problem(of: context) { throw EngineError(.contextLimit, problem) }
        let now = clock.now
        let creation = ExecutionCreation(
            id: .new(at: now), flowID: flowID, flowVersion: flow.spec.version.description, tenantID: options.tenantID, context: context,
            tag: options.tag, priority: Int16(clamping: options.priority), metadata: options.metadata, idempotencyKey: options.idempotencyKey,
            parentID: options.parentID, rootID: try await root(of: options.parentID),
            executionTimeout: options.executionTimeout ?? flow.spec.executionTimeout, waitTimeout: options.waitTimeout,
            autoRun: options.autoRun, createdAt: now)
        guard let key = options.idempotencyKey else { return try await born(creation, flow, options) }
        return try await createOnce(creation, flow, options, key: key)
    }

    private func root(of parent: ExecutionID?) async throws -> ExecutionID? {
        guard let parent else { return nil }
        guard let record = try await store.record(parent) else {
            throw EngineError(
                .invalidRequest, "the request is not valid",
                problems: [Problem(code: "PARENT_NOT_FOUND", pointer: JSONPointer(tokens: ["parentExecutionId"]), message: "there is no execution \(parent)")])
        }
        return record.creation.rootID
    }

    // MARK: - Without a key

    private func born(_ creation: ExecutionCreation, _ flow: CompiledFlow, _ options: CreateOptions) async throws -> CreateResult {
        let due = options.readyAt(now: creation.createdAt)
        let isOurs = due <= creation.createdAt && canTake(flow) && slots.reserve(upTo: 1) == 1
        let claimID = ClaimID(raw: .random())
        let ownership = isOurs ? Ownership(workerID: identity.id, claimID: claimID, lease: configuration.lease) : nil
        let (append, state) = first(creation, flow, due: due, ownership: ownership)
        let outcome: AppendOutcome
        do {
            outcome = try await journal.commit(append)
        } catch {
            if isOurs { slots.cancelReservation(1) }
            throw error
        }
        guard case .committed = outcome else {
            if isOurs { slots.cancelReservation(1) }
            if case .refused(let error) = outcome { throw error }
            throw StoreError(.unavailable, "the new execution's id was taken")
        }
        metrics.started.increment()
        if isOurs {
            let slot = Slot(creation.id, claimID)
            if slots.fill(slot) { startBorn(slot, flow, state) }
        } else {
            announce(creation, due: due)
        }
        coordination.events.publish(EventNotice(executionID: creation.id, rootID: creation.rootID, position: 1))
        return CreateResult(execution: Execution(state, owner: isOurs ? identity.id : nil), created: true)
    }

    private func canTake(_ flow: CompiledFlow) -> Bool {
        guard isRunning, identity.mayClaim, let type = flow.decision.graph.node(of: flow.spec.initialStepID)?.type else { return false }
        return handlers[ofType: type] != nil
    }

    private func announce(_ creation: ExecutionCreation, due: Timestamp) {
        guard due != .distantFuture else { return }
        coordination.wakes.signal([WakeHint(executionID: creation.id, at: due > creation.createdAt ? due : nil, reason: "new")])
        dispatcher?.expect(due)
    }

    private func first(
        _ creation: ExecutionCreation, _ flow: CompiledFlow, due: Timestamp, ownership: Ownership?
    ) -> (Append, ExecutionState) {
        var state = ExecutionState(creation, initial: flow.spec.initialStepID)
        let body = LogBody(workerID: identity.id, at: creation.createdAt, events: [.created(creation)])
        state.apply(body.events, position: 1, at: body.at)
        let new = NewExecution(creation: creation, needs: flow.needs(state), readyAt: due)
        let append = Append(
            executionID: creation.id, position: 1, kind: .created, count: 1, operationID: OperationID(raw: creation.id.raw),
            body: body.encoded(), effect: .create(new, ownership: ownership))
        return (append, state)
    }

    // MARK: - With a key

    private func createOnce(
        _ creation: ExecutionCreation, _ flow: CompiledFlow, _ options: CreateOptions, key: String
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
        let (append, state) = first(creation, flow, due: due, ownership: nil)
        let ttl = options.idempotencyTTL ?? configuration.idempotencyTTL
        let outcome = try await store.create([KeyedCreation(append: append, key: key, fingerprint: fingerprint, ttl: ttl)])
        switch outcome.first {
        case .created?:
            metrics.started.increment()
            remember(IdempotencyAnswer(executionID: creation.id, fingerprint: fingerprint), scope, ttl: ttl)
            announce(creation, due: due)
            coordination.events.publish(EventNotice(executionID: creation.id, rootID: creation.rootID, position: 1))
            return CreateResult(execution: Execution(state), created: true)
        case .exists(let id, let stored, let expiresAt)?:
            metrics.idempotencyStore.increment()
            if stored != fingerprint, options.onMismatch == .refuse { throw mismatch(key) }
            remember(IdempotencyAnswer(executionID: id, fingerprint: stored), scope, ttl: expiresAt - clock.now)
            guard let known = try await existing(id, nil, options) else {
                throw StoreError(.unavailable, "the execution that holds the key '\(key)' is gone; try again")
            }
            return known
        case nil:
            throw StoreError(.unavailable, "the store gave no outcome")
        }
    }

    /// The execution behind a key, read from the store: a cache may say anything.
    private func existing(_ id: ExecutionID, _ scope: IdempotencyScope?, _ options: CreateOptions) async throws -> CreateResult? {
        guard let record = try await store.record(id) else { return nil }
        let creation = record.creation
        if let scope {
            guard creation.idempotencyKey == scope.key, creation.flowID == scope.flowID, creation.tenantID == scope.tenantID else { return nil }
        }
        if let version = options.flowVersion, version != creation.flowVersion, options.onMismatch == .refuse {
            throw mismatch(options.idempotencyKey ?? "")
        }
        return CreateResult(execution: try await execution(of: record), created: false)
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
