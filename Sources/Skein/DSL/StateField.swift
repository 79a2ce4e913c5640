import SkeinCore

/// A property of the state, and the member of the context that holds it.
struct StateField<State: FlowState, Value: Sendable>: Sendable {
    let path: any (KeyPath<State, Value> & Sendable)
    /// Nil when it is not known without a value, as for renamed members and computed properties.
    let key: String?

    init(_ path: any (KeyPath<State, Value> & Sendable)) {
        self.path = path
        key = Self.name(of: path).flatMap { CodingKeyProbe.hasKey($0, in: State.self) ? $0 : nil }
    }

    /// A key path prints as `\Order.payment` when it is one stored property (SE-0369).
    private static func name(of path: KeyPath<State, Value>) -> String? {
        let (text, root) = (String(describing: path), String(describing: \State.self).dropLast("self".count))
        guard text.hasPrefix(root) else { return nil }
        let name = text.dropFirst(root.count)
        let isName = name.unicodeScalars.allSatisfy { $0 == "_" || $0.properties.isXIDContinue }
        return isName && !name.isEmpty ? String(name) : nil
    }

    /// Why a step that needs the member by name cannot have this property.
    var problem: String? {
        guard key == nil else { return nil }
        return "\(path) must be a stored property that is encoded under its own name"
    }
}

/// The property that a step's output goes to, and the output in the form the definition says.
struct OutputField<State: FlowState, Output: Sendable>: Sendable {
    private let field: StateField<State, Output?>
    private let path: any (WritableKeyPath<State, Output?> & Sendable)
    private let isVerified = Flag()

    init(_ path: any (WritableKeyPath<State, Output?> & Sendable)) {
        self.path = path
        field = StateField(path)
    }

    /// `$`: the output is a patch.
    var outputKey: String { field.key ?? "$" }
    var problem: String? { field.problem }

    /// - Throws: when the state encodes the property under another name than it is called; looked at once.
    func output(_ value: Output, in state: State) throws -> JSONValue where Output: Encodable {
        var after = state
        after[keyPath: path] = value
        guard let key = field.key else { return try StateCoding.patch(from: state, to: after) }
        let json = try AnyHandler.encode(value)
        guard !isVerified.isRaised else { return json }
        guard (try StateCoding.encode(after)[key] ?? .null) == json else {
            throw StepFailure(
                "STATE_KEY", "\(path) is not encoded as the member '\(key)' of \(State.self)", isRetryable: false)
        }
        isVerified.raise()
        return json
    }

    /// The state with what the step returned in its place, whatever later steps made of it.
    func restored(_ output: JSONValue, in context: JSONObject) throws -> (state: State, value: Output) {
        var context = context
        if let key = field.key { context[key] = output } else if let patch = output.object { context.merge(patch) }
        let state = try StateCoding<State>.decode(context)
        guard let value = state[keyPath: path] else {
            throw StepFailure("INPUT_ERROR", "what the step returned is not in \(path)", isRetryable: false)
        }
        return (state, value)
    }
}
