// Makes children, in chunks, and reads what became of them. Making one twice makes one: their ids follow from their
// parent's.

import SkeinCore

final class ChildMaker: Sendable {
    static let chunk = 250

    let store: any ExecutionStore
    private let flows: FlowCache
    private let coordination: Coordination
    private let identity: WorkerIdentity

    init(
        store: any ExecutionStore, flows: FlowCache, coordination: Coordination, identity: WorkerIdentity
    ) {
        self.store = store
        self.flows = flows
        self.coordination = coordination
        self.identity = identity
    }

    /// The flow of children; an empty version is the latest.
    func flow(_ id: String, version: String) async throws -> CompiledFlow {
        do {
            return version.isEmpty
                ? try await flows.latest(id, remembered: false).flow : try await flows.flow(id, version: version)
        } catch let error as EngineError where error.code == .flowNotFound {
            throw StepFailure("FLOW_NOT_FOUND", error.message, isRetryable: false)
        }
    }

    /// Makes those children of a round, as far as they do not exist.
    func make(
        _ range: Range<Int>, of spawn: Spawn, parent: ExecutionCreation, claim claimID: ClaimID,
        unless isStopped: () -> Bool = { false }
    ) async throws {
        let flows = try await flows(of: spawn)
        var next = range.lowerBound
        while next < range.upperBound {
            if isStopped() { throw CancellationError() }
            let chunk = next..<min(range.upperBound, next + Self.chunk)
            let appends = try chunk.map { try append($0, of: spawn, parent, claimID, flows) }
            for outcome in try await store.commit(appends, writer: 0) {
                if case .refused(let error) = outcome {
                    if error.code == .stale { throw error }
                    throw StepFailure(
                        "INVALID_OUTPUT", "a child cannot be stored: \(error.message)", isRetryable: false)
                }
            }
            // Some of them for each instance that has room.
            coordination.wakes.signal(
                chunk.map {
                    WakeHint(
                        executionID: spawn.childID($0, of: parent.id), reason: "new",
                        lane: WakeHint.lane(of: parent.tenantID))
                })
            next = chunk.upperBound
        }
    }

    /// The only child of a round, unless it exists.
    func makeMissing(_ spawn: Spawn, parent: ExecutionCreation, claim claimID: ClaimID) async throws {
        let id = spawn.childID(0, of: parent.id)
        guard try await store.load([id])[id] == nil else { return }
        try await make(0..<1, of: spawn, parent: parent, claim: claimID)
    }

    /// Why a context cannot be a child's.
    func problem(of context: JSONObject, in flow: CompiledFlow) -> StepFailure? {
        flow.spec.limits.problem(of: context).map { StepFailure("CONTEXT_LIMIT", $0, isRetryable: false) }
    }

    /// What became of children, in the order of the ids.
    func outcomes(of ids: [ExecutionID], parent: ExecutionID) async throws -> [ChildOutcome] {
        var outcomes: [ChildOutcome] = []
        for first in stride(from: 0, to: ids.count, by: Self.chunk) {
            let some = Array(ids[first..<min(ids.count, first + Self.chunk)])
            let loaded = try await store.load(some)
            for id in some {
                guard let record = loaded[id]?.record else {
                    throw StoreError(.corrupt, "the child \(id) of \(parent) is gone")
                }
                let flow = try await flows.flow(record.creation.flowID, version: record.creation.flowVersion)
                let state = try flow.state(of: record)
                outcomes.append(
                    ChildOutcome(
                        id: id, status: state.status, result: try await expanded(state.result, of: state),
                        context: try await expanded(state.context, of: state), error: state.error))
            }
        }
        return outcomes
    }

    /// Those of a round, by the children's kinds.
    private func flows(of spawn: Spawn) async throws -> [ChildKind?: CompiledFlow] {
        guard !spawn.kinds.isEmpty else { return [nil: try await flow(spawn.flowID, version: spawn.flowVersion)] }
        var flows: [ChildKind?: CompiledFlow] = [:]
        for kind in spawn.kinds { flows[kind] = try await flow(kind.flowID, version: kind.flowVersion) }
        return flows
    }

    private func append(
        _ ordinal: Int, of spawn: Spawn, _ parent: ExecutionCreation, _ claimID: ClaimID,
        _ flows: [ChildKind?: CompiledFlow]
    ) throws -> Append {
        let kind = spawn.kind(of: ordinal)
        guard let flow = flows[kind] else { throw StoreError(.corrupt, "a round of children has an unknown kind") }
        let context = spawn.contexts[ordinal]
        if let problem = problem(of: context, in: flow) {
            throw StepFailure("CONTEXT_LIMIT", "child \(ordinal): \(problem.failure.message)", isRetryable: false)
        }
        let id = spawn.childID(ordinal, of: parent.id)
        let creation = ExecutionCreation(
            id: id, flowID: flow.spec.id, flowVersion: flow.spec.version.description, tenantID: parent.tenantID,
            context: context, tag: kind?.tag ?? parent.tag, priority: kind?.priority ?? parent.priority,
            metadata: spawn.metadata,
            parentID: parent.id, rootID: parent.rootID, parentRound: spawn.awaits ? spawn.round : nil,
            ordinal: Int32(clamping: ordinal), depth: parent.depth + 1, executionTimeout: flow.spec.executionTimeout,
            terms: kind?.terms, createdAt: spawn.at)
        let body = LogBody(workerID: identity.id, at: spawn.at, events: [.created(creation)])
        let state = flow.decision.graph.state(creation)
        var new = NewExecution(creation: creation, needs: flow.needs(state), readyAt: spawn.at)
        // Its parent may have been cancelled meanwhile, and its children with it.
        new.parent = HeldClaim(parent.id, claimID)
        return Append(
            executionID: id, position: 1, kind: .created, count: 1, operationID: OperationID(raw: id.raw),
            at: spawn.at, body: body.encoded(), effect: .create(new, ownership: nil))
    }
}
