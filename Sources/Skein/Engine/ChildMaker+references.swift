// Reads what was left with children because it is large.

import SkeinCore

extension ChildMaker {
    /// Both, for an attempt; nil when there is nothing to read.
    func expanded(_ state: borrowing ExecutionState, undoing output: JSONValue? = nil) async throws
        -> StepContext.Expanded?
    {
        guard state.hasChildren else { return nil }
        return StepContext.Expanded(
            context: try await expanded(state.context, of: state),
            results: try await expanded(state.results, of: state), output: try await expanded(output, of: state))
    }

    /// A context with the results that its references stand for.
    func expanded(_ context: JSONObject, of parent: borrowing ExecutionState) async throws -> JSONObject {
        guard parent.hasChildren else { return context }
        return try await expanded(context, parent.id)
    }

    func expanded(_ value: JSONValue?, of parent: borrowing ExecutionState) async throws -> JSONValue? {
        guard parent.hasChildren, let value else { return value }
        return try await expanded(value, parent.id)
    }

    /// What a reference of this execution stands for.
    func value(of reference: ChildReference, _ parent: ExecutionID) async throws -> JSONValue {
        reference.value(of: try await outcomes(of: reference, parent))
    }

    func outcomes(of reference: ChildReference, _ parent: ExecutionID) async throws -> [ChildOutcome] {
        // Of the execution itself, whatever the reference says: nobody reads others' results by writing one.
        let ids = try await store.children(of: parent, round: reference.round, from: 0, limit: reference.count)
        return try await outcomes(of: ids, parent: parent)
    }

    private func expanded(_ context: JSONObject, _ parent: ExecutionID) async throws -> JSONObject {
        var context = context
        for (key, value) in context {
            if case .object = value { context[key] = try await expanded(value, parent) }
        }
        return context
    }

    /// References are where steps put their results: in objects, never in lists.
    private func expanded(_ value: JSONValue, _ parent: ExecutionID) async throws -> JSONValue {
        guard case .object(let object) = value else { return value }
        if let reference = ChildReference(value) { return try await self.value(of: reference, parent) }
        return .object(try await expanded(object, parent))
    }
}

extension Engine {
    /// A value of an execution with what was left with its children.
    func whole(_ value: JSONValue, of id: ExecutionID) async throws -> JSONValue {
        guard ChildReference.occurs(in: value), let record = try await store.record(id) else { return value }
        let (state, _) = try await state(of: record)
        return try await driver.children.expanded(value, of: state) ?? value
    }
}
