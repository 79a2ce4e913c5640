// Reads what was left with children because it is large.

import SkeinCore

extension ChildMaker {
    /// What an attempt sees; nil when there is nothing to read.
    ///
    /// - Parameter known: what was read before.
    func expanded(
        _ state: borrowing ExecutionState, undoing output: JSONValue? = nil, _ known: inout [ChildReference: JSONValue]
    ) async throws -> StepContext.Expanded? {
        guard state.hasChildren else { return nil }
        let mayHold = [JSONValue.object(state.context), .object(state.results), output ?? .null]
        guard mayHold.contains(where: ChildReference.occurs) else { return nil }
        return StepContext.Expanded(
            context: try await expanded(state.context, state.id, &known),
            results: try await expanded(state.results, state.id, &known),
            output: output == nil ? nil : try await expanded(output ?? .null, state.id, &known))
    }

    /// A context with the results that its references stand for.
    func expanded(_ context: JSONObject, of parent: borrowing ExecutionState) async throws -> JSONObject {
        guard parent.hasChildren else { return context }
        var known: [ChildReference: JSONValue] = [:]
        return try await expanded(context, parent.id, &known)
    }

    func expanded(_ value: JSONValue?, of parent: borrowing ExecutionState) async throws -> JSONValue? {
        guard parent.hasChildren, let value else { return value }
        var known: [ChildReference: JSONValue] = [:]
        return try await expanded(value, parent.id, &known)
    }

    func outcomes(of reference: ChildReference, _ parent: ExecutionID) async throws -> [ChildOutcome] {
        // Of the execution itself, whatever the reference says: nobody reads others' results by writing one.
        let ids = try await store.children(of: parent, round: reference.round, from: 0, limit: reference.count)
        return try await outcomes(of: ids, parent: parent)
    }

    private func expanded(
        _ context: JSONObject, _ parent: ExecutionID, _ known: inout [ChildReference: JSONValue]
    ) async throws -> JSONObject {
        var context = context
        for (key, value) in context where ChildReference.occurs(in: value) {
            context[key] = try await expanded(value, parent, &known)
        }
        return context
    }

    /// References are where steps put their results: in objects, never in lists.
    private func expanded(
        _ value: JSONValue, _ parent: ExecutionID, _ known: inout [ChildReference: JSONValue]
    ) async throws -> JSONValue {
        guard case .object(let object) = value else { return value }
        guard let reference = ChildReference(value) else {
            return .object(try await expanded(object, parent, &known))
        }
        if let value = known[reference] { return value }
        let value = reference.value(of: try await outcomes(of: reference, parent))
        known[reference] = value
        return value
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
