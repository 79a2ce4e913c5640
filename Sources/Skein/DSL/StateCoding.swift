import SkeinCore

/// The state as data and back.
enum StateCoding<State: FlowState> {
    static func decode(_ context: JSONObject) throws -> State {
        do {
            return try JSONValueDecoder().decode(State.self, from: .object(context))
        } catch {
            throw StepFailure(
                "INPUT_ERROR", "the context does not fit the flow's state, \(State.self): \(error)", isRetryable: false)
        }
    }

    static func encode(_ state: State) throws -> JSONObject {
        guard let object = try JSONValueEncoder().encode(state).object else {
            throw StepFailure(
                "INVALID_OUTPUT", "the flow's state, \(State.self), does not encode as an object", isRetryable: false)
        }
        return object
    }

    /// The members that a step changed; null for those it removed.
    ///
    /// Compared is with the state as it was decoded, never with the stored context: that may hold the same in another
    /// form, and members that the type does not know.
    static func patch(from before: State, to after: State) throws -> JSONValue {
        let (old, new) = (try encode(before), try encode(after))
        var patch = JSONObject()
        for (key, value) in new where old[key] != value { patch[key] = value }
        for key in old.keys where !new.contains(key: key) { patch[key] = .null }
        return .object(patch)
    }

    /// Makes the state of the input that an execution was started with. Whatever else the context holds is blanked: a
    /// caller cannot plant what only steps may say.
    static var readInput: AnyHandler.Body {
        { _, step in
            let input: State.Input = try AnyHandler.decode(.object(step.context))
            var patch = try encode(try State(input: input))
            for key in step.context.keys where !patch.contains(key: key) { patch[key] = .null }
            return .success(.object(patch))
        }
    }
}
