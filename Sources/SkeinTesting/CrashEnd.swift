public import Skein

/// How an execution ended whose driver died on the way. Reads like the execution itself.
@dynamicMemberLookup
public struct CrashEnd: Sendable {
    public let execution: Execution
    /// All of the execution's events.
    public let events: [AuditEvent]
    /// The commit at which the first engine died; 0: the run without a crash, which comes first.
    public let point: Int
    /// Whether it came to that commit. Branches that run at once may meet in fewer rows than the first time.
    public let isReached: Bool
    /// The engine that brought it to its end.
    public let engine: Engine

    public subscript<Value>(dynamicMember member: KeyPath<Execution, Value>) -> Value { execution[keyPath: member] }
}
