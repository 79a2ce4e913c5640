import Skein
import SkeinCore

extension SimulatedWorld {
    /// An operator or a caller does something to one of the executions. What is refused is forgotten.
    func interfere(_ engine: Engine) async throws {
        let all = try await store.list(family).map(\.creation)
        let creation = all[roll(all.count)]
        let id = creation.id
        switch roll(100) {
        case ..<42: try await send(to: id, engine)
        case ..<50: _ = try await engine.pause(id)
        case ..<68: _ = try await engine.resume(id, data: newPayload())
        case ..<75: _ = try await engine.cancel(id, reason: "enough")
        case ..<85: try await skip(id, creation, engine)
        case ..<96: try await reopen(id, creation, engine)
        default: try await fork(id, creation, engine)
        }
    }

    private func send(to id: ExecutionID, _ engine: Engine) async throws {
        let name = ["go", "go", "other", "nobody"][roll(4)]
        let payload = newPayload()
        // A caller that got no answer asks again with the same id.
        let operation = OperationID(raw: newID().raw)
        let times = percent(25) ? 2 : 1
        for _ in 0..<times {
            try await engine.signal(id, name, payload: payload, operationID: operation)
        }
        note("signals sent")
        if times == 2 { note("signals sent twice") }
    }

    private func flow(of creation: ExecutionCreation) -> SimulatedFlow? { flows.first { $0.id == creation.flowID } }

    private func skip(_ id: ExecutionID, _ creation: ExecutionCreation, _ engine: Engine) async throws {
        let steps = try await engine.execution(id).currentSteps
        guard !steps.isEmpty else { return }
        _ = try await engine.skip(id, step: steps[roll(steps.count)], output: newPayload())
    }

    private func reopen(_ id: ExecutionID, _ creation: ExecutionCreation, _ engine: Engine) async throws {
        guard try await engine.execution(id).status.isEnded, mayReopen(), let flow = flow(of: creation) else { return }
        if percent(40) {
            let step = StepID(flow.names[roll(flow.names.count)])
            _ = try await engine.retry(id, from: step, by: Intervention(actor: "from"))
        } else {
            _ = try await engine.retry(id)
        }
    }

    private func fork(_ id: ExecutionID, _ creation: ExecutionCreation, _ engine: Engine) async throws {
        guard mayFork(), let flow = flow(of: creation) else { return }
        var options = CreateOptions()
        options.executionID = newID()
        _ = try await engine.fork(id, at: StepID(flow.names[roll(flow.names.count)]), options: options)
    }

    /// Gives an execution what it waits for.
    func answer(_ execution: Execution, _ engine: Engine) async throws {
        guard let wait = execution.wait else { return }
        switch wait.kind {
        case .signal:
            try await engine.signal(execution.id, wait.signal ?? "", payload: newPayload())
            note("signals sent")
        case .manual: _ = try await engine.resume(execution.id, data: newPayload())
        case .timer, .retry, .children, .token, .job, .handler, .limit: break
        }
    }
}
