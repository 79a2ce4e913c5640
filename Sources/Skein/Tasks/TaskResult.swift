public import SkeinCore

/// What an attempt of a task came to.
public enum TaskResult: Sendable {
    /// The task has completed.
    case success(JSONValue)
    /// The attempt has failed, as if the handler had thrown.
    case failure(StepFailure)
    /// The task sleeps until somebody resumes it, then goes on with its next stage.
    case suspended(reason: String, context: [UInt8]?)
    /// The task sleeps until all of the children have ended, then goes on with its next stage.
    case waiting([ChildTask], context: [UInt8]?)

    /// Any encodable value as the result.
    @_disfavoredOverload
    public static func success(_ value: some Encodable & Sendable) throws -> Self {
        .success(try JSONValueEncoder().encode(value))
    }

    /// - Parameters:
    ///   - reason: for people; must say something.
    ///   - context: kept for the next stages. Nil: what an earlier stage left stays.
    public static func suspend(reason: String, context: [UInt8]? = nil) -> Self {
        .suspended(reason: reason, context: context)
    }
}

/// Makes the result of a stage that starts children: `return next([…])`.
public struct Next: Sendable {
    init() {}

    /// - Parameters:
    ///   - children: at most as many as the limit of children allows; none: the next stage comes at once.
    ///   - context: kept for the next stages, not for the children. Nil: what an earlier stage left stays.
    public func callAsFunction(_ children: [ChildTask], context: [UInt8]? = nil) -> TaskResult {
        .waiting(children, context: context)
    }

    public func callAsFunction(_ child: ChildTask, context: [UInt8]? = nil) -> TaskResult {
        .waiting([child], context: context)
    }
}

/// A task that another one starts and waits for.
public struct ChildTask: Sendable {
    public var name: String
    public var payload: JSONValue
    /// What they leave open is as the child's handler has it, then as its parent has it. Delay, tenant and idempotency key
    /// do not count: it starts at once, for its parent's tenant, and once.
    public var options: TaskOptions

    public init(_ name: String, payload: JSONValue = .null, options: TaskOptions = TaskOptions()) {
        self.name = name
        self.payload = payload
        self.options = options
    }

    public init<Payload>(_ name: TaskName<Payload>, _ payload: Payload, options: TaskOptions = TaskOptions()) throws {
        self.init(name.text, payload: try AnyHandler.encode(payload), options: options)
    }
}

/// What became of a child.
public struct ChildTaskResult: Sendable {
    public let id: ExecutionID
    /// What it returned; nil unless it completed. Null, false, 0 and "" are results like others.
    public let result: JSONValue?
    /// Why it did not complete.
    public let error: Failure?

    init(_ outcome: ChildOutcome) {
        id = outcome.id
        let isCompleted = outcome.status == .completed
        result = isCompleted ? outcome.result ?? .null : JSONValue?.none
        error =
            isCompleted
            ? nil : outcome.error ?? Failure("CANCELLED", "the child \(outcome.id) is \(outcome.status.rawValue)")
    }

    /// What it returned, as a value.
    ///
    /// - Throws: the child's `Failure`; `StepFailure` with INPUT_ERROR when the result is of another type.
    public func value<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        if let error { throw error }
        return try AnyHandler.decode(result ?? .null)
    }
}
