// Who asks. What a person or a program does to an execution is recorded with it, in the same row.

import SkeinCore

/// On whose behalf the current task calls the engine.
///
///     try await Caller.$current.withValue(Caller(actor: "ada@example.org", requestID: id)) {
///         try await engine.cancel(order, reason: "wrong address")
///     }
///
/// Servers set it for each request. Steps run without one: what their code starts has the step's execution as its cause.
public struct Caller: Sendable, Hashable {
    @TaskLocal public static var current: Caller?

    /// Who, as far as the server knows.
    public var actor: String?
    public var requestID: String?
    /// Why, where a method does not ask for it.
    public var reason: String?

    public init(actor: String? = nil, requestID: String? = nil, reason: String? = nil) {
        self.actor = actor
        self.requestID = requestID
        self.reason = reason
    }

    /// Does something on behalf of the present caller, for a reason.
    package static func because<Result>(_ reason: String?, _ body: () async throws -> Result) async rethrows -> Result {
        guard let reason else { return try await body() }
        var caller = current ?? Caller()
        caller.reason = reason
        return try await $current.withValue(caller, operation: body)
    }
}

extension Intervention {
    /// With what the caller of this task did not say of itself, as rows can hold it.
    var told: Intervention {
        let caller = Caller.current
        return Intervention(
            actor: (actor ?? caller?.actor).map(plain), reason: (reason ?? caller?.reason).map(plain),
            requestID: (requestID ?? caller?.requestID).map(plain))
    }
}
