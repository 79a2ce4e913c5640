// What people and programs ask about executions.

public import SkeinCore

/// A step of an execution, folded from its events.
public struct StepView: Sendable, Hashable {
    public var stepID: StepID
    public var type: String
    public var status: String
    public var attempt: Int
    public var startedAt: Timestamp?
    public var endedAt: Timestamp?
    public var output: JSONValue?
    public var error: Failure?
    public var waitingFor: String?

    public var json: JSONValue {
        var object: JSONObject = [
            "stepId": .string(stepID.rawValue), "type": .string(type), "status": .string(status),
            "attempt": .int(Int64(attempt)),
        ]
        object["startedAt"] = startedAt.map { .string($0.description) }
        object["endedAt"] = endedAt.map { .string($0.description) }
        if let startedAt, let endedAt { object["durationMs"] = .int((endedAt - startedAt).wholeMilliseconds) }
        object["output"] = output
        object["error"] = error?.json
        object["waitingFor"] = waitingFor.map { .string($0) }
        return .object(object)
    }
}

extension Engine {
    /// - Throws: `executionNotFound`.
    public func execution(_ id: ExecutionID) async throws -> Execution {
        guard let record = try await store.record(id) else { throw notFound(id) }
        return try await execution(of: record)
    }

    func execution(of record: ExecutionRecord) async throws -> Execution {
        let (state, flow) = try await state(of: record)
        var missing: String?
        if record.owner == nil, case .step = state.phase, let flow, isClustered || remoteWorkers.hasAny,
            record.nextAt ?? .distantFuture <= clock.now
        {
            let type = flow.needs(state)
            if handlers[ofType: type] == nil,
                try await !store.workers().contains(where: { $0.isLive && $0.handlers.contains(type) })
            {
                missing = type
            }
        }
        var queued: QueuedPermit?
        if record.owner == nil, missing == nil, !state.status.isEnded, !state.isPaused,
            state.branches.contains(where: { $0.isDue(at: clock.now) }),
            record.nextAt ?? .distantFuture > clock.now
        {
            queued = try await store.queuedPermits(of: state.id).first
        }
        return Execution(state, owner: record.owner, missingHandler: missing, queued: queued)
    }

    func current(_ id: ExecutionID) async throws -> (ExecutionState, Execution) {
        guard let record = try await store.record(id) else { throw notFound(id) }
        let (state, _) = try await state(of: record)
        return (state, Execution(state, owner: record.owner))
    }

    /// The flow is nil when it was deleted: what an execution was stays readable.
    func state(of record: ExecutionRecord) async throws -> (ExecutionState, CompiledFlow?) {
        do {
            let flow = try await flows.flow(record.creation.flowID, version: record.creation.flowVersion)
            return (try flow.state(of: record), flow)
        } catch let error as EngineError where error.code == .flowNotFound {
            throw EngineError(.corrupt, "the flow of execution \(record.creation.id) is gone: \(error.message)")
        }
    }

    /// Newest first.
    public func executions(_ query: ExecutionQuery = ExecutionQuery()) async throws -> [Execution] {
        var result: [Execution] = []
        for summary in try await store.list(query) {
            result.append(Execution(try await state(of: summary.record).0, owner: summary.owner))
        }
        return result
    }

    /// Recorded events from `seq` on, at most `limit`.
    public func events(of id: ExecutionID, from seq: Int64 = 1, limit: Int = 1_000) async throws -> [AuditEvent] {
        guard let record = try await store.record(id) else { throw notFound(id) }
        return try await events(of: id, root: record.creation.rootID, from: seq, limit: limit)
    }

    private func events(of id: ExecutionID, root: ExecutionID, from seq: Int64, limit: Int) async throws -> [AuditEvent]
    {
        let rows = try await store.rows(of: id, from: seq, limit: limit)
        return Array(
            try rows.flatMap { try AuditEvent.events(of: $0, in: id, root: root) }.filter { $0.seq >= seq }.prefix(
                limit))
    }

    /// Events as they happen, from `seq` on, without a gap; ends after the execution's last event.
    public func follow(_ id: ExecutionID, from seq: Int64 = 1) async throws -> AsyncThrowingStream<
        AuditEvent, any Error
    > {
        guard let record = try await store.record(id) else { throw notFound(id) }
        let root = record.creation.rootID
        let (stream, continuation) = AsyncThrowingStream<AuditEvent, any Error>.makeStream(bufferingPolicy: .unbounded)
        let task = Task {
            do {
                try await self.watch(id, root: root) {
                    try await self.pump(id, root: root, from: $0 ?? seq, into: continuation)
                }
                continuation.finish()
            } catch {
                continuation.finish(throwing: error)
            }
        }
        continuation.onTermination = { _ in task.cancel() }
        return stream
    }

    /// Yields what there is. Returns where to go on, or nil at the end.
    private func pump(
        _ id: ExecutionID, root: ExecutionID, from seq: Int64,
        into continuation: AsyncThrowingStream<AuditEvent, any Error>.Continuation
    ) async throws -> Int64? {
        var next = seq
        while true {
            let events = try await events(of: id, root: root, from: next, limit: 500)
            for event in events {
                continuation.yield(event)
                next = event.seq + 1
                if event.isTerminal { return nil }
            }
            if events.count < 500 { return try await isOver(id, next) ? nil : next }
        }
    }

    /// A stream that begins behind the last event of an ended execution has nothing to wait for.
    private func isOver(_ id: ExecutionID, _ next: Int64) async throws -> Bool {
        guard let (state, _) = try? await current(id) else { return false }
        return state.status.isEnded && next >= state.position
    }

    /// Calls `look` at once, after each notice and every second, until it returns nil.
    ///
    /// - Parameter endsOnly: notices of an end are enough.
    private func watch(
        _ id: ExecutionID, root: ExecutionID, endsOnly: Bool = false,
        _ look: @Sendable (Int64?) async throws -> Int64?
    ) async throws {
        let alarm = Alarm()
        try await withThrowingTaskGroup(of: Void.self) { group in
            let notices = coordination.events.notices(root: root)
            group.addTask {
                for await notice in notices {
                    if let notice, notice.executionID != id || (endsOnly && !notice.isEnd) { continue }
                    alarm.poke()
                }
            }
            defer { group.cancelAll() }
            var position = try await look(nil)
            while let next = position {
                await alarm.wait(until: clock.monotonic + .seconds(1), clock: clock)
                try Task.checkCancellation()
                position = try await look(next)
            }
        }
    }

    /// Waits until the execution has ended, at most `timeout`. Returns it as it is then, ended or not.
    public func wait(for id: ExecutionID, timeout: Duration? = nil) async throws -> Execution {
        let first = try await execution(id)
        guard !first.status.isEnded else { return first }
        let root = first.creation.rootID
        let ended: @concurrent @Sendable () async throws -> Void = {
            try await self.watch(id, root: root, endsOnly: true) { _ in
                guard let record = try await self.store.record(id) else { return nil }
                return try await self.execution(of: record).status.isEnded ? nil : 1
            }
        }
        if let timeout {
            if case .finished(.failure(let error)) = await TimeLimit.run(timeout, clock: clock, ended) { throw error }
            try Task.checkCancellation()
        } else {
            try await ended()
        }
        return try await execution(id)
    }

    /// The steps of an execution in the order in which they were first entered.
    public func steps(of id: ExecutionID) async throws -> [StepView] {
        let events = try await events(of: id, limit: .max)
        let execution = try await execution(id)
        let flow = try await flows.flow(execution.creation.flowID, version: execution.creation.flowVersion)
        return StepFold(flow: flow.spec).steps(events, execution)
    }

    func notFound(_ id: ExecutionID) -> EngineError {
        EngineError(.executionNotFound, "there is no execution \(id)")
    }
}
