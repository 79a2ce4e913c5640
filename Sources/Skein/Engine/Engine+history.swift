// What an execution did, taken along: to see whether code that has changed since would still do the same.

import Logging
public import SkeinCore

/// The log of an execution and the flow it ran, as JSON that can be kept in a file.
public struct RecordedHistory: Sendable, Hashable {
    public var executionID: ExecutionID
    /// The flow's definition.
    public var flow: JSONValue
    /// `{position, body}` of each log row.
    public var rows: [JSONValue]

    public init(_ executionID: ExecutionID, flow: JSONValue, rows: [JSONValue]) {
        self.executionID = executionID
        self.flow = flow
        self.rows = rows
    }

    /// - Throws: `EngineError.invalidRequest` when it is not what ``json`` gives.
    public init(_ json: JSONValue) throws {
        guard let id = json["executionId"]?.string.flatMap({ ExecutionID($0) }), let flow = json["flow"],
            let rows = json["rows"]?.array
        else { throw EngineError(.invalidRequest, "a history is an object with executionId, flow and rows") }
        self.init(id, flow: flow, rows: rows)
    }

    public var json: JSONValue {
        ["executionId": .string(executionID.description), "flow": flow, "rows": .array(rows)]
    }
}

/// Where code does something else than a history says.
public struct HistoryDifference: Sendable, Hashable, CustomStringConvertible {
    public var stepID: StepID
    public var message: String

    public var description: String { "\(stepID): \(message)" }
}

extension Engine {
    /// The history of an execution, up to now.
    ///
    /// - Throws: `executionNotFound`.
    public func history(of id: ExecutionID) async throws -> RecordedHistory {
        guard let record = try await store.record(id) else { throw notFound(id) }
        let (flowID, version) = (record.creation.flowID, record.creation.flowVersion)
        guard let flow = try await store.flow(flowID, version: version) else {
            throw EngineError(.flowNotFound, "there is no flow '\(flowID)' in version \(version)")
        }
        var rows: [JSONValue] = []
        var next: Int64 = 1
        while true {
            let page = try await store.rows(of: id, from: next, limit: 1_000)
            rows += try page.map {
                ["position": .int($0.position), "body": try JSONValue(parsing: $0.body, limits: .stored)]
            }
            guard let last = page.last, page.count == 1_000 else { break }
            next = last.position + Int64(last.count)
        }
        return RecordedHistory(id, flow: flow, rows: rows)
    }

    /// Enters the code of this engine's handlers as if the history were an execution of theirs: does it ask for what was
    /// recorded, in that order? No piece of work is done; what the code does outside of them it does.
    ///
    /// - Returns: the differences; none: executions like this one can go on with this code.
    /// - Throws: `EngineError` when the history does not read.
    public func differences(from history: RecordedHistory) async throws -> [HistoryDifference] {
        let validation = FlowSpec.validate(history.flow, knownTypes: nil)
        guard let spec = validation.spec else {
            throw EngineError(.flowInvalid, "the history's flow is not valid", problems: validation.errors)
        }
        let check = HistoryCheck(
            flow: CompiledFlow(spec, policy: DecisionPolicy()), handlers: handlers, logger: logger)
        return try await check.differences(history)
    }
}

/// Walks through a log and enters each step's code where it left the step.
private struct HistoryCheck {
    /// Keeps nothing.
    private final class Keeper: CheckpointKeeper {
        let claimID = ClaimID(raw: .random())
        func record(_ fact: Fact, of step: StepContext) async throws {}
        func commit(of step: StepContext, _ work: @escaping SideWork) async throws { throw CancellationError() }
    }

    let flow: CompiledFlow
    let handlers: HandlerRegistry
    let logger: Logger

    func differences(_ history: RecordedHistory) async throws -> [HistoryDifference] {
        var found: [HistoryDifference] = []
        var state: ExecutionState?
        for row in history.rows {
            guard let position = row["position"]?.int64, let json = row["body"] else {
                throw EngineError(.invalidRequest, "a row of the history has no position or no body")
            }
            let body = try LogBody(decoding: json.serialized(), of: history.executionID)
            guard var next = state else {
                guard case .created(let creation)? = body.events.first else {
                    throw EngineError(.invalidRequest, "the history does not begin with a creation")
                }
                state = flow.decision.graph.state(creation)
                continue
            }
            next.apply(body.events, position: position, at: body.at)
            if let before = state {
                for branch in before.branches where next.branch(at: branch.stepID)?.visit != branch.visit {
                    if let difference = await check(branch, of: before) { found.append(difference) }
                }
            }
            state = next
        }
        for branch in state?.branches ?? [] {
            if let state, let difference = await check(branch, of: state) { found.append(difference) }
        }
        return found
    }

    private func check(_ branch: Branch, of state: ExecutionState) async -> HistoryDifference? {
        guard !branch.checkpoints.isEmpty, let node = flow.decision.graph.node(of: branch.stepID) else { return nil }
        func difference(_ message: String) -> HistoryDifference {
            HistoryDifference(stepID: branch.stepID, message: message)
        }
        guard let handler = handlers[ofType: node.type] else {
            return difference("no handler has the type '\(node.type)'")
        }
        let environment = StepContext.Environment(
            clock: VirtualClock(start: state.updatedAt), logger: logger, checks: true)
        let step = StepContext(
            node, of: state, startedAt: state.updatedAt, environment: environment, keeper: Keeper())
        var reason = ""
        do {
            _ = try await handler.body(try step.input(), step)
        } catch let failure as StepFailure {
            if failure.failure.code == "WORKFLOW_DEFINITION_CHANGED" { return difference(failure.failure.message) }
            reason = ": \(failure.failure.code), \(failure.failure.message)"
        } catch {
            if !(error is CancellationError) { reason = ": \(error)" }
        }
        guard let unasked = step.replaying().unasked else { return nil }
        return difference("the code ended before it asked for '\(unasked)'\(reason)")
    }
}
