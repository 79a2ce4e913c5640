// Limits that all instances share: what they are at, closing and opening them, pausing flows.

public import SkeinCore

extension Engine {
    /// Lets nobody begin under a limit until then, also not the next step of executions that have begun. Steps that run
    /// are left alone. Other instances know it within a third of a lease at the latest.
    ///
    /// - Parameters:
    ///   - until: nil: until it is opened.
    ///   - reason: for `explain` and `limits`.
    ///   - actor: who.
    public func closeLimit(
        _ name: LimitName, until: Timestamp? = nil, reason: String? = nil, actor: String? = nil
    ) async throws {
        let closure = LimitRecord.Closure(until: until ?? .distantFuture, reason: reason, actor: actor)
        try await store.close(name, closure, isFinal: true)
        await tellLimits()
    }

    /// Ends a closing: whoever waits goes on. Returns false when it was not closed.
    @discardableResult
    public func openLimit(_ name: LimitName) async throws -> Bool {
        let wasClosed = try await store.open(name)
        await tellLimits()
        limits.freed([name])
        await limits.admitHere()
        return wasClosed
    }

    /// No step of a flow's executions begins until it is resumed; new ones are accepted and wait.
    ///
    /// - Throws: `flowNotFound`.
    public func pauseFlow(_ id: String, reason: String? = nil, actor: String? = nil) async throws {
        try await requireFlow(id)
        try await closeLimit(.flow(id), reason: reason, actor: actor)
    }

    /// Returns false when it was not paused.
    ///
    /// - Throws: `flowNotFound`.
    @discardableResult
    public func resumeFlow(_ id: String) async throws -> Bool {
        try await requireFlow(id)
        return try await openLimit(.flow(id))
    }

    /// Limits in use, by name.
    public func limits(after name: LimitName? = nil, limit: Int = 100) async throws -> [LimitRecord] {
        try await store.limits(after: name, limit: limit)
    }

    public func limit(_ name: LimitName) async throws -> LimitRecord? { try await store.limit(name) }

    private func requireFlow(_ id: String) async throws {
        guard try await store.flow(id, version: nil) == nil else { return }
        throw EngineError(.flowNotFound, "there is no flow '\(id)'")
    }

    /// An execution ended without its owner: somebody else may go on.
    func limitsFreed(by execution: Execution) async {
        let creation = execution.creation
        guard let flow = try? await flows.flow(creation.flowID, version: creation.flowVersion), flow.isLimited else {
            return
        }
        limits.freed((try? flow.limitNames(creation)) ?? [])
        await limits.admitHere()
    }

    private func tellLimits() async {
        await limits.refresh()
        coordination.wakes.signal([WakeHint(executionID: nil, reason: WakeHint.limits)])
    }

    /// Why a step may not begin, for each limit that it waits for.
    func limitReasons(_ id: ExecutionID) async throws -> [Reason] {
        var reasons: [Reason] = []
        for queued in try await store.queuedPermits(of: id) {
            guard let limit = try await store.limit(queued.name) else { continue }
            reasons.append(Reason(queued, limit))
        }
        return reasons
    }
}

extension Reason {
    /// - Parameter queued: where it stands.
    fileprivate init(_ queued: QueuedPermit, _ limit: LimitRecord) {
        var details: JSONObject = ["limit": .string(limit.name.rawValue), "ahead": .int(Int64(queued.ahead))]
        var until: Timestamp?
        var message: String
        if let closure = limit.closure {
            message = "the limit '\(limit.name)' is closed"
            if let actor = closure.actor { message += " by \(actor)" }
            if closure.until == .distantFuture {
                message += " until it is opened"
            } else {
                until = closure.until
                message += " until \(closure.until)"
            }
            if let reason = closure.reason { message += ": \(reason)" }
            details["closedBy"] = closure.actor.map { .string($0) }
        } else if let opensAt = limit.opensAt, let rate = limit.limit.rate {
            message =
                "\(limit.begun) of \(rate.count) have begun within \(rate.per.wholeMilliseconds) ms under the limit '\(limit.name)'"
            until = opensAt
        } else if let concurrency = limit.limit.concurrency {
            message = "\(limit.held) of \(concurrency) are in progress under the limit '\(limit.name)'"
        } else {
            message = "it waits for the limit '\(limit.name)'"
        }
        message += ", \(queued.ahead) wait before it"
        details.merge(limit.json) { mine, _ in mine }
        self.init(.limit, message, step: queued.stepID, since: queued.since, until: until, details: details)
    }
}

extension LimitRecord {
    /// As people see it.
    public var json: JSONObject {
        var object: JSONObject = [
            "name": .string(name.rawValue), "held": .int(Int64(held)), "queued": .int(Int64(queued)),
            "holders": .array(holders.prefix(10).map { .string($0.description) }),
        ]
        object["concurrency"] = limit.concurrency.map { .int(Int64($0)) }
        if let rate = limit.rate {
            object["rate"] = [
                "limit": .int(Int64(rate.count)), "perMs": .int(rate.per.wholeMilliseconds),
                "begun": .int(Int64(begun)),
            ]
        }
        object["opensAt"] = opensAt.map { .string($0.description) }
        if let closure {
            var closed: JSONObject = [:]
            if closure.until != .distantFuture { closed["until"] = .string(closure.until.description) }
            closed["reason"] = closure.reason.map { .string($0) }
            closed["actor"] = closure.actor.map { .string($0) }
            object["closed"] = .object(closed)
        }
        return object
    }
}
