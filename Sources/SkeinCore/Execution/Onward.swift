// Where a branch goes when its step has ended.

/// What follows a step.
public enum Onward: Sendable, Hashable {
    /// The branch ends here, well.
    case end
    case step(StepID)
    /// Several steps, or arrivals at joins that still wait for others.
    indirect case fork([StepID], joining: [StepID])
    /// The branch failed for good while others go on.
    case stop

    /// The steps that are entered.
    public var steps: [StepID] {
        switch self {
        case .end, .stop: []
        case .step(let id): [id]
        case .fork(let ids, _): ids
        }
    }

    /// Whether any step is entered.
    public var entersSteps: Bool {
        switch self {
        case .end, .stop: false
        case .step: true
        case .fork(let ids, _): !ids.isEmpty
        }
    }

    /// One step, several, or the end.
    init(_ steps: [StepID], joining: [StepID] = []) {
        if joining.isEmpty, steps.count < 2 {
            self = steps.first.map(Onward.step) ?? .end
        } else {
            self = .fork(steps, joining: joining)
        }
    }
}

extension Onward: ExpressibleByStringLiteral, ExpressibleByNilLiteral {
    public init(stringLiteral value: String) { self = .step(StepID(value)) }
    public init(nilLiteral: ()) { self = .end }
}

extension Onward {
    /// `x`: the next step, or a list of them; `j`: the joins it arrived at; `stop`.
    func write(to writer: inout LogWriter) {
        switch self {
        case .end: break
        case .step(let id): writer.member("x", id.rawValue)
        case .fork(let ids, let joins):
            writer.member("x", JSONValue.array(ids.map { .string($0.rawValue) }))
            if !joins.isEmpty { writer.member("j", JSONValue.array(joins.map { .string($0.rawValue) })) }
        case .stop: writer.member("stop", JSONValue.bool(true))
        }
    }

    init(_ object: JSONObject) {
        switch object["x"] {
        case .string(let id)?: self = .step(StepID(id))
        case .array(let ids)?:
            self = .fork(
                ids.compactMap { $0.string.map { StepID($0) } },
                joining: (object["j"]?.array ?? []).compactMap { $0.string.map { StepID($0) } })
        default: self = object["stop"] == true ? .stop : .end
        }
    }
}
