import PostgresClient
public import Skein
public import SkeinCore

extension PostgresExecutionStore {
    public func acquire(_ request: PermitRequest) async throws -> (answer: PermitAnswer, admission: Admission) {
        let limit = request.limit
        let query = PostgresQuery(
            LimitQueries.acquire,
            [
                .uuid(request.held.executionID.postgres), .uuid(request.held.claimID.postgres),
                .text(request.name.rawValue), .text(request.place),
                .int4(limit.concurrency.map { Int32(clamping: $0) }),
                .int4(limit.rate.map { Int32(clamping: $0.count) }), .int8(limit.rate?.per.microseconds),
                .text(request.tenantID ?? ""), .int2(request.priority), .timestamptz(request.since.microseconds),
                queryTime,
            ])
        let result = try await insist { try await connections.commands.query(query) }
        return try await once {
            guard let row = result.first else { return (.lost, Admission()) }
            let answer: PermitAnswer =
                switch try row.int16(0) {
                case 1: .granted
                case 2: .queued
                default: .lost
                }
            return (answer, try Self.admission(row, from: 1))
        }
    }

    public func releasePermits(_ held: HeldClaim, _ permits: [(name: LimitName, stepID: StepID)]) async throws {
        let query = PostgresQuery(
            LimitQueries.release,
            [
                .uuid(held.executionID.postgres), .uuid(held.claimID.postgres),
                .array(.texts(permits.map(\.name.rawValue))), .array(.texts(permits.map(\.stepID.rawValue))),
            ])
        try await insist { _ = try await connections.commands.query(query) }
    }

    public func admit(_ names: [LimitName]) async throws -> Admission {
        var all = Admission()
        for name in names {
            let query = PostgresQuery(LimitQueries.admit, [.text(name.rawValue), queryTime])
            let result = try await insist { try await connections.commands.query(query) }
            let one = try await once { try result.first.map { try Self.admission($0, from: 0) } ?? Admission() }
            all.woken += one.woken
            all.next = [all.next, one.next].compactMap { $0 }.min()
        }
        return all
    }

    public func queuedLimits(after name: LimitName?, limit: Int) async throws -> [LimitName] {
        let query = PostgresQuery(LimitQueries.queued, [.text(name?.rawValue ?? ""), .int4(Int32(clamping: limit))])
        return try await insist {
            try await connections.reads.query(query).rows.map { LimitName(rawValue: try $0.string(0)) }
        }
    }

    public func close(_ name: LimitName, _ closure: LimitRecord.Closure, isFinal: Bool) async throws {
        let query = PostgresQuery(
            LimitQueries.close,
            [
                .text(name.rawValue), .timestamptz(closure.until.microseconds), .text(closure.reason),
                .text(closure.actor), .bool(isFinal), queryTime, .text(closure.actor ?? Caller.current?.actor),
                .text(Caller.current?.requestID),
            ])
        try await insist { _ = try await connections.commands.query(query) }
    }

    public func open(_ name: LimitName) async throws -> Bool {
        let query = PostgresQuery(LimitQueries.open, [.text(name.rawValue), queryTime] + caller)
        return try await insist { try await connections.commands.query(query).rowCount > 0 }
    }

    public func closedLimits() async throws -> [LimitName: LimitRecord.Closure] {
        let query = PostgresQuery(LimitQueries.closed, [queryTime])
        let rows = try await insist {
            try await connections.reads.query(query).rows.map { row in
                (LimitName(rawValue: try row.string(0)), try Self.closure(row, from: 1))
            }
        }
        return Dictionary(rows.compactMap { name, closure in closure.map { (name, $0) } }) { $1 }
    }

    public func limits(after name: LimitName?, limit: Int) async throws -> [LimitRecord] {
        try await limits(beyond: name, named: nil, limit)
    }

    public func limit(_ name: LimitName) async throws -> LimitRecord? {
        try await limits(beyond: nil, named: name, 1).first
    }

    private func limits(beyond name: LimitName?, named: LimitName?, _ count: Int) async throws -> [LimitRecord] {
        let query = PostgresQuery(
            LimitQueries.limits,
            [.text(name?.rawValue ?? ""), .int4(Int32(clamping: count)), queryTime, .text(named?.rawValue)])
        return try await insist {
            try await connections.reads.query(query).rows.map { row in
                let rate = try row.int32IfPresent(2).map { count in
                    Limit.Rate(Int(count), per: .microseconds(try row.int64IfPresent(3) ?? 0))
                }
                return LimitRecord(
                    name: LimitName(rawValue: try row.string(0)),
                    limit: Limit(concurrency: try row.int32IfPresent(1).map(Int.init), rate: rate),
                    closure: try Self.closure(row, from: 4),
                    holders: try row.uuids(7).map { ExecutionID($0) }, held: Int(try row.int64(8)),
                    queued: Int(try row.int64(9)), begun: rate == nil ? 0 : Int(try row.int64(10)),
                    opensAt: try row.timeIfPresent(11))
            }
        }
    }

    public func queuedPermits(of id: ExecutionID) async throws -> [QueuedPermit] {
        let query = PostgresQuery(LimitQueries.queuedPermits, [.uuid(id.postgres)])
        return try await insist {
            try await connections.reads.query(query).rows.map { row in
                let place = try row.string(1)
                return QueuedPermit(
                    name: LimitName(rawValue: try row.string(0)), stepID: place.isEmpty ? nil : StepID(place),
                    since: try row.time(2), ahead: Int(try row.int64(3)))
            }
        }
    }

    private static func admission(_ row: PostgresRow, from column: Int) throws -> Admission {
        Admission(
            woken: try row.uuids(column).map { ExecutionID($0) }, next: try row.timeIfPresent(column + 1))
    }

    private static func closure(_ row: PostgresRow, from column: Int) throws -> LimitRecord.Closure? {
        try row.timeIfPresent(column).map {
            LimitRecord.Closure(
                until: $0, reason: try row.stringIfPresent(column + 1), actor: try row.stringIfPresent(column + 2))
        }
    }
}
