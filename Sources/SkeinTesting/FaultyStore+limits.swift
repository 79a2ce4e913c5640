public import Skein
public import SkeinCore

extension FaultyStore {
    public func acquire(_ request: PermitRequest) async throws -> (answer: PermitAnswer, admission: Admission) {
        try await passing { try await base.acquire(request) }
    }

    public func releasePermits(_ held: HeldClaim, _ permits: [(name: LimitName, stepID: StepID)]) async throws {
        try await passing { try await base.releasePermits(held, permits) }
    }

    public func admit(_ names: [LimitName]) async throws -> Admission {
        try await passing { try await base.admit(names) }
    }

    public func queuedLimits(after name: LimitName?, limit: Int) async throws -> [LimitName] {
        try await passing { try await base.queuedLimits(after: name, limit: limit) }
    }

    public func close(_ name: LimitName, _ closure: LimitRecord.Closure, isFinal: Bool) async throws {
        try await passing { try await base.close(name, closure, isFinal: isFinal) }
    }

    public func open(_ name: LimitName) async throws -> Bool {
        try await passing { try await base.open(name) }
    }

    public func closedLimits() async throws -> [LimitName: LimitRecord.Closure] {
        try await passing { try await base.closedLimits() }
    }

    public func limits(after name: LimitName?, limit: Int) async throws -> [LimitRecord] {
        try await passing { try await base.limits(after: name, limit: limit) }
    }

    public func limit(_ name: LimitName) async throws -> LimitRecord? {
        try await passing { try await base.limit(name) }
    }

    public func queuedPermits(of id: ExecutionID) async throws -> [QueuedPermit] {
        try await passing { try await base.queuedPermits(of: id) }
    }
}
