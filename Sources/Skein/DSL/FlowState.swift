public import SkeinCore

/// What the steps of a flow know and share: one value type, kept as the execution's context.
///
/// Constants (`let`) are input that no step can change; optional variables are what steps add. A step works on a copy:
/// only what it returns, or what it changed when it succeeded, goes into the context. Members of the context that the
/// type does not know survive.
///
/// Callers who should send something else than the whole state declare a type of their own for it:
///
///     struct Report: FlowState {
///         let day: String
///         var figures: [Figure] = []
///         init(input: ReportRequest) { day = input.day }
///     }
public protocol FlowState: Codable, Sendable {
    /// What an execution is started with. Default: the state itself.
    associatedtype Input: Codable & Sendable = Self

    /// The state that an execution begins with.
    init(input: Input) throws
}

extension FlowState where Input == Self {
    public init(input: Self) { self = input }
}

/// A flow without a type of its own: `Flow<JSONValue>("order") { … }`, where `$0.total > 0` reads a member.
extension JSONValue: FlowState {}
