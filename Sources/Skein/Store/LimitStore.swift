public import SkeinCore

/// Limits that executions of all instances share. A permit belongs to an execution that lives, or to the claim it is held
/// by: one that outlived its execution or its claim counts for nothing, so that no crash can leak it.
public protocol LimitStore: Sendable {
    /// Asks for a permit. One that the execution has already is its own again; nobody passes over those who wait.
    func acquire(_ request: PermitRequest) async throws -> (answer: PermitAnswer, admission: Admission)
    /// Gives permits of attempts back.
    func releasePermits(_ held: HeldClaim, _ permits: [(name: LimitName, stepID: StepID)]) async throws
    /// Lets in as many as may be, a few hundred of each name at most: then `next` is now.
    func admit(_ names: [LimitName]) async throws -> Admission
    /// Names that somebody waits for, in order, beyond `name`.
    func queuedLimits(after name: LimitName?, limit: Int) async throws -> [LimitName]
    /// Lets nobody in until then, also not those who have a permit. An earlier time than the one that stands changes
    /// nothing unless `isFinal`.
    func close(_ name: LimitName, _ closure: LimitRecord.Closure, isFinal: Bool) async throws
    /// Ends a closing. Returns whether there was one.
    func open(_ name: LimitName) async throws -> Bool
    /// What is closed now, and a number that changes with it.
    func closedLimits() async throws -> [LimitName: LimitRecord.Closure]
    /// Limits in use, by name.
    func limits(after name: LimitName?, limit: Int) async throws -> [LimitRecord]
    func limit(_ name: LimitName) async throws -> LimitRecord?
    /// What an execution waits for.
    func queuedPermits(of id: ExecutionID) async throws -> [QueuedPermit]
}
