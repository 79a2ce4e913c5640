public import SkeinCore

/// What a handler is, for people and for validation.
public struct HandlerMetadata: Sendable, Hashable {
    public var type: String
    public var name: String
    public var description: String
    public var category: String
    /// Keeps checkpoints of its own between attempts.
    public var isStateful: Bool
    /// JSON Schema (2020-12) of the step's `config`.
    public var configSchema: JSONValue
    /// For all instances together; nil: none.
    public var limit: HandlerLimit?

    public init(
        type: String, name: String? = nil, description: String = "", category: String = "custom",
        isStateful: Bool = false,
        configSchema: JSONValue = true, limit: HandlerLimit? = nil
    ) {
        self.type = type
        self.name = name ?? type
        self.description = description
        self.category = category
        self.isStateful = isStateful
        self.configSchema = configSchema
        self.limit = limit
    }
}

/// Does the work of a step. May run more than once for one step: pass `step.idempotencyToken` on to what you call.
///
/// A handler runs outside any actor, on the concurrent pool. Thrown `StepFailure`s fail the step with their code, other
/// errors with HANDLER_ERROR; a `CancellationError` while the step is being cancelled is not a failure.
public protocol Handler<Input, Output>: Sendable {
    associatedtype Input: Decodable & Sendable
    associatedtype Output: Encodable & Sendable

    /// The name flows use.
    static var type: String { get }
    static var metadata: HandlerMetadata { get }

    @concurrent func execute(_ input: Input, _ step: StepContext) async throws -> StepResult<Output>
}

extension Handler {
    public static var metadata: HandlerMetadata { HandlerMetadata(type: type) }
}

/// How an attempt ended, as its handler says.
public enum StepResult<Output: Sendable>: Sendable {
    /// `next`: the step to go to instead of `onSuccess`.
    case completed(Output, next: StepID? = nil)
    case failed(StepFailure)
    /// Leaves the handler; the execution goes on at `onResume`, else `onSuccess`, and holds no worker meanwhile.
    case wait(WaitRequest)
    /// Starts executions of another flow; the step ends when they have, with what became of them, and holds no worker
    /// meanwhile.
    indirect case children(ChildrenRequest)

    public static func success(_ output: Output) -> Self { .completed(output) }

    public static func success(_ output: Output, next: StepID) -> Self { .completed(output, next: next) }

    public static func failure(
        _ code: String, _ message: String? = nil, details: JSONValue? = nil, isRetryable: Bool = true
    ) -> Self {
        .failed(StepFailure(code, message, details: details, isRetryable: isRetryable))
    }
}

/// Executions that a step starts. Results of more than 64 KiB in sum stay with the children: the context shows
/// `{"$children": …}` in their place, and steps, conditions, compensations and parents get them whole.
public struct ChildrenRequest: Sendable, Hashable {
    public var flowID: String
    /// Nil: the latest.
    public var flowVersion: String?
    /// One child for each.
    public var contexts: [JSONObject]
    /// At most this many at once; nil: all.
    public var concurrency: Int?
    /// Children that failed are results like others; false: the step fails with CHILD_FAILED.
    public var collects = false
    /// The step's output is the list of the children's results, in order.
    public var isMap = false
    /// False: the step ends when they have been started.
    public var awaits = true
    /// What the step gets of a child that completed.
    public var yields = ChildOutput.report
    public var metadata: JSONObject?
    /// The step's code is entered again when they have ended.
    var stage: StageBreak?
    /// As ``Spawn/kinds``.
    var kinds: [ChildKind] = []
    var kindOfChild: [Int] = []

    public init(_ flowID: String, version: String? = nil, contexts: [JSONObject], concurrency: Int? = nil) {
        self.flowID = flowID
        flowVersion = version
        self.contexts = contexts
        self.concurrency = concurrency
    }
}

extension StepResult where Output == JSONValue {
    /// Any encodable value as the output.
    @_disfavoredOverload
    public static func success(_ output: some Encodable & Sendable) throws -> Self {
        .completed(try JSONValueEncoder().encode(output))
    }
}
