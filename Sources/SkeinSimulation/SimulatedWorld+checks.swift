// What must be true of a world in which all has come to an end, and while nothing is due.

import Skein
import SkeinCore
import SkeinTesting

extension SimulatedWorld {
    private struct Member {
        var execution: Execution
        var said: ExecutionReducer
    }

    // MARK: - On the way

    /// Somebody looks at an execution no later than its wait ends by itself.
    func checkDue(_ execution: Execution, _ record: ExecutionRecord) {
        guard !execution.status.isEnded, execution.status != .paused, execution.workerID == nil else { return }
        guard let wait = execution.wait, wait.due != .distantFuture else { return }
        // What is due now has an owner that went silent.
        guard (record.nextAt ?? .distantFuture) > max(wait.due, clock.now) else { return }
        complain("\(execution.id) waits until \(wait.due), and is looked at \(record.nextAt?.description ?? "never")")
    }

    /// Once a cascade is over, no child of a cancelled execution goes on by itself.
    func checkCascades() async throws {
        guard try await store.cascades(limit: 10).isEmpty else {
            return complain("a cascade is never over")
        }
        for summary in try await store.list(family) where summary.status == .cancelled {
            for id in try await store.children(of: summary.creation.id, round: nil, from: 0, limit: 100) {
                let child = try await worker().execution(id)
                guard !child.status.isEnded, child.status != .rollingBack else { continue }
                let events = try await worker().events(of: id, limit: .max)
                if events.contains(where: { $0.type == "execution.reopened" }) { continue }
                if events.contains(where: { $0.type == "execution.rollback_started" }) { continue }
                complain("\(id) is \(child.status), and its parent \(summary.creation.id) was cancelled")
            }
        }
    }

    /// No limit has given more than it has.
    func checkLimits() async throws {
        for record in try await store.limits(after: nil, limit: 100) {
            guard let most = record.limit.concurrency, record.held > most else { continue }
            complain("\(record.held) are held of the limit \(record.name), which has \(most)")
        }
    }

    // MARK: - At the end

    func judge() async throws {
        var members: [ExecutionID: Member] = [:]
        var graphs: [String: FlowGraph] = [:]
        for summary in try await store.list(family) {
            let id = summary.creation.id
            guard let flow = flows.first(where: { $0.id == summary.creation.flowID }) else { continue }
            let events = try await worker().events(of: id, limit: .max)
            for event in events { note(event.type) }
            let execution = try await worker().execution(id)
            let said = ExecutionReducer(flow, summary.creation, events)
            members[id] = Member(execution: execution, said: said)
            for problem in said.problems { complain("\(id): \(problem)") }
            if said.status != execution.status.rawValue { complain("\(id): \(said.status) is \(execution.status)") }
            if said.context != execution.context { complain("\(id): \(said.context) is \(execution.context)") }
            guard let graph = graphs[flow.id] ?? FlowSpec.validate(flow.definition).spec.map(FlowGraph.init) else {
                complain("\(flow.id) is not valid")
                continue
            }
            graphs[flow.id] = graph
            checkRest(execution, summary)
            try await checkMessages(id, said)
            try await checkFold(execution, graph)
        }
        for member in members.values { try await check(member, members) }
        note("executions", members.count)
    }

    /// Nothing is left of an ended execution but its log.
    private func checkRest(_ execution: Execution, _ summary: ExecutionSummary) {
        if !execution.status.isEnded { complain("\(execution.id) has not ended: \(execution.status)") }
        if summary.status != execution.status {
            complain("\(execution.id) is listed as \(summary.status), and is \(execution.status)")
        }
        if let nextAt = summary.record.nextAt { complain("\(execution.id) has ended, and is due at \(nextAt)") }
        if let owner = summary.owner { complain("\(execution.id) has ended, and \(owner) owns it") }
    }

    /// Each signal at most once, in the order of acceptance, and none is lost.
    private func checkMessages(_ id: ExecutionID, _ said: ExecutionReducer) async throws {
        let accepted = accepted(by: id)
        let inbox = try await store.load([id])[id]?.inbox ?? []
        for name in Set(said.signals.map(\.name) + accepted.filter(\.isSignal).map(\.name)) {
            let sent = accepted.filter { $0.isSignal && $0.name == name }.map(\.payload)
            let taken = said.signals.filter { $0.name == name }.map(\.payload)
            let left = inbox.filter { $0.kind == .signal && $0.name == name }.map(\.payload)
            if sent != taken + left {
                complain("\(id): of the signals '\(name)' \(sent) were sent, \(taken) consumed, \(left) are left")
            }
        }
        let data = accepted.filter { !$0.isSignal }.compactMap(\.payload)
        if Set(said.resumes).count != said.resumes.count || !Set(said.resumes).isSubset(of: data) {
            complain("\(id): resumed by \(said.resumes) of \(data)")
        }
    }

    /// The log folded from the beginning, and from snapshots taken after some of its rows.
    private func checkFold(_ end: Execution, _ graph: FlowGraph) async throws {
        let rows = try await store.rows(of: end.id, from: 1, limit: .max)
        var state = graph.state(end.creation)
        var copies: [ExecutionState] = []
        let places = Set((0..<2).map { _ in roll(rows.count) })
        for (index, row) in rows.enumerated() {
            let body = try LogBody(decoding: row.body, of: end.id)
            for index in copies.indices { copies[index].apply(body.events, position: row.position, at: body.at) }
            state.apply(body.events, position: row.position, at: body.at)
            guard places.contains(index) else { continue }
            let snapshot = try JSONValue(parsing: state.snapshot())
            guard let copy = ExecutionState(end.creation, traits: graph.traits, snapshot: snapshot) else {
                return complain("\(end.id): the snapshot after \(row.position) cannot be read")
            }
            copies.append(copy)
        }
        if copies.contains(where: { $0 != state }) { complain("\(end.id): folds from snapshots differ from the log's") }
        if state.status != end.status || state.context != end.context {
            complain("\(end.id): the whole log says \(state.status), the store \(end.status)")
        }
    }

    // MARK: - Families

    private func check(_ member: Member, _ members: [ExecutionID: Member]) async throws {
        let id = member.execution.id
        for round in member.said.rounds {
            guard let model = member.said.flow.steps[round.step], model.kind != .launch else { continue }
            let children = members.values.filter {
                $0.execution.creation.parentID == id && $0.execution.creation.parentRound == round.number
            }.sorted { $0.execution.creation.ordinal < $1.execution.creation.ordinal }
            if round.output == nil, round.failure != nil, !model.collects {
                checkFailure(round, of: id, children)
                continue
            }
            if children.map(\.execution.creation.ordinal) != (0..<Int32(round.count)).map(\.self) {
                complain("\(id): of the \(round.count) children of \(round.number) there are \(children.count)")
                continue
            }
            for child in children where (child.said.firstEnd?.at ?? .distantFuture) > (round.endedAt ?? .distantFuture)
            {
                complain("\(id): \(round.step) went on before its child \(child.execution.id) had ended")
            }
            // What a reopened child was when its parent looked, nobody can say afterwards.
            if children.contains(where: \.said.wasReopened) { continue }
            check(round, model, of: id, children)
        }
    }

    /// The first failure ends the wait: later children may never have begun, others may still run.
    private func checkFailure(_ round: ExecutionReducer.Round, of id: ExecutionID, _ children: [Member]) {
        if children.map(\.execution.creation.ordinal) != children.indices.map({ Int32($0) }) {
            complain("\(id): the children of \(round.number) were not started in order")
        }
        let culprit = round.failure?["details"]?["childExecutionId"]?.string
        guard let child = children.first(where: { $0.execution.id.description == culprit }) else {
            return complain("\(id): \(round.step) failed by \(culprit ?? "nobody"), who is not its child")
        }
        guard let end = child.said.firstEnd, end.at <= round.endedAt ?? .distantFuture else {
            return complain("\(id): \(round.step) failed by \(child.execution.id) before that had ended")
        }
        if end.status == ExecutionStatus.completed.rawValue, !child.said.wasReopened {
            complain("\(id): \(round.step) failed by \(child.execution.id), which completed")
        }
    }

    private func check(
        _ round: ExecutionReducer.Round, _ model: SimulatedFlow.Step, of id: ExecutionID, _ children: [Member]
    ) {
        let failed = children.first { $0.execution.status != .completed }?.execution
        guard let output = round.output else {
            return complain("\(id): \(round.step) failed although it takes children as they come")
        }
        if !model.collects, let failed {
            complain("\(id): \(round.step) completed, and its child \(failed.id) did not")
        }
        let elements = model.kind == .map ? output.array ?? [] : [output]
        guard elements.count == children.count else {
            return complain("\(id): \(round.step) has \(elements.count) results of \(children.count) children")
        }
        for (element, child) in zip(elements, children.map(\.execution)) {
            let isRight =
                if model.kind == .map, child.status == .completed {
                    element == child.result ?? .object(child.context)
                } else {
                    element["childExecutionId"]?.string == child.id.description
                        && element["status"]?.string == child.status.rawValue
                }
            if !isRight { complain("\(id): \(round.step) has \(element) of its child \(child.id)") }
        }
    }
}
