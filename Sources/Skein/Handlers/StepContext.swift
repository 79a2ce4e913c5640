import Crypto
public import Logging
public import SkeinCore

/// What a running attempt knows. One for each attempt; cheap to pass on.
public final class StepContext: Sendable {
    public let executionID: ExecutionID
    public let flowID: String
    public let flowVersion: String
    public let stepID: StepID
    /// 1 for the first attempt of this visit of the step.
    public let attempt: Int
    /// Grows with each attempt of the execution: a resource that remembers the highest one it saw can refuse a zombie.
    public let fencingToken: Int64
    public let tenantID: String?
    /// The step's `config`, as the flow has it.
    public let config: JSONObject
    /// The execution's context as the attempt began. What a handler changes goes back by its result.
    public let context: JSONObject
    /// Whether the step selects its input. False: the input is the whole context, by default or by `{type: full}`.
    public let hasExplicitInput: Bool
    public let clock: any EngineClock
    public let logger: Logger
    private let visit: Int

    package init(
        executionID: ExecutionID, flowID: String, flowVersion: String, stepID: StepID, attempt: Int, visit: Int,
        fencingToken: Int64,
        tenantID: String?, config: JSONObject, context: JSONObject, hasExplicitInput: Bool = false,
        clock: any EngineClock, logger: Logger
    ) {
        self.executionID = executionID
        self.flowID = flowID
        self.flowVersion = flowVersion
        self.stepID = stepID
        self.attempt = attempt
        self.visit = visit
        self.fencingToken = fencingToken
        self.tenantID = tenantID
        self.config = config
        self.context = context
        self.hasExplicitInput = hasExplicitInput
        self.clock = clock
        self.logger = logger
    }

    /// The same for all attempts of this visit of the step and for no other: 32 hexadecimal digits.
    public var idempotencyToken: String {
        let digest = SHA256.hash(data: Array("\(executionID)/\(visit)/\(stepID)".utf8))
        return digest.prefix(16).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    /// Whether the attempt is to stop: cancelled, timed out, or no longer the owner's.
    public var isCancelled: Bool { Task.isCancelled }

    public var now: Timestamp { clock.now }
}
