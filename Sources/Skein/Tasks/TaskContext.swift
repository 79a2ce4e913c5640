public import SkeinCore
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What a running task knows.
public final class TaskContext<Payload: Codable & Sendable>: Sendable {
    public let payload: Payload
    /// 0 for the first entry; each wait for children and each suspension begins another. A retry begins with 0.
    public let stage: Int
    /// What became of the children of the stage before, in the order in which they were asked for.
    public let children: [ChildTaskResult]
    /// What an earlier stage left.
    public let context: [UInt8]?
    /// What a resume brought, where the stage before was suspended.
    public let resumeData: JSONValue?
    /// The attempt as the engine sees it.
    public let step: StepContext
    private let limit: Mutex<Duration?>

    init(_ input: JSONValue, _ step: StepContext) async throws {
        payload = try AnyHandler.decode(input)
        self.step = step
        let stage = step.stage
        self.stage = stage?.number ?? 0
        context = stage?.context.flatMap { Data(base64Encoded: $0) }.map { Array($0) }
        let outcomes = try await step.outcomes(told: stage?.data)
        children = (outcomes ?? []).map(ChildTaskResult.init)
        resumeData = outcomes == nil ? stage?.data : JSONValue?.none
        limit = Mutex(step.creation.terms?.timeout ?? step.node.timeout)
    }

    public var id: ExecutionID { step.executionID }
    public var parentID: ExecutionID? { step.creation.parentID }
    public var rootID: ExecutionID { step.creation.rootID }
    public var tag: String? { step.creation.tag }
    public var priority: Int { Int(step.creation.priority) }
    /// Attempts that failed before this one.
    public var retryCount: Int { step.failures }
    /// Whether the attempt is to stop.
    public var isCancelled: Bool { step.isCancelled }

    /// What ``checkTimeout()`` compares with. At first it is the longest the attempt may take, at which it is ended in any
    /// case.
    public var timeout: Duration? {
        get { limit.withLock { $0 } }
        set { limit.withLock { $0 = newValue } }
    }

    /// Ends the attempt as timed out once it has taken ``timeout``.
    ///
    /// - Throws: `StepFailure` with TIMEOUT; `CancellationError` when the attempt is to stop.
    public func checkTimeout() throws {
        try Task.checkCancellation()
        guard let timeout, step.clock.now - step.startedAt >= timeout else { return }
        throw StepFailure("TIMEOUT", "Task execution timeout")
    }

    /// See ``StepContext/audit(_:_:metadata:)``.
    public func audit(_ code: String, _ message: String? = nil, metadata: JSONObject = [:]) async throws {
        try await step.audit(code, message, metadata: metadata)
    }

    /// See ``StepContext/progress(_:stage:percent:metadata:)``.
    public func progress(
        _ text: String? = nil, stage: String? = nil, percent: Double? = nil, metadata: JSONObject = [:]
    ) async throws {
        try await step.progress(text, stage: stage, percent: percent, metadata: metadata)
    }

    /// How far it is, 0 to 100.
    public func setProgress(_ percent: Double) async throws {
        try await step.progress(percent: percent)
    }

    /// See ``StepContext/heartbeat(_:)``.
    public func heartbeat() async throws {
        try await step.heartbeat()
    }
}

extension StepContext {
    /// What became of the children that a stage waited for; nil: it waited for something else.
    func outcomes(told: JSONValue?) async throws -> [ChildOutcome]? {
        guard let told else { return nil }
        if let reference = ChildReference(told) {
            guard let maker = environment.children else { return [] }
            return try await maker.outcomes(of: reference, executionID)
        }
        guard let list = told.array else { return nil }
        let outcomes = list.compactMap { ChildOutcome($0) }
        return outcomes.count == list.count ? outcomes : nil
    }
}

extension StageBreak {
    init(_ context: [UInt8]?) {
        self.init(context: context.map { Data($0).base64EncodedString() })
    }
}
