import Logging
import PostgresClient
public import Skein
public import SkeinCore

extension PostgresExecutionStore {
    public func load(_ ids: [ExecutionID]) async throws -> [ExecutionID: LoadedExecution] {
        guard !ids.isEmpty else { return [:] }
        let queries = [
            PostgresQuery(ReadQueries.load, [.ids(ids), queryTime]), PostgresQuery(ReadQueries.inbox, [.ids(ids)]),
        ]
        let results = try await insist { try await connections.reads.batch(queries) }
        let records = try await once { try LoadedRecord.read(results[0]) }
        let inbox = try await once { try Inboxes(results[1]) }
        var loaded: [ExecutionID: LoadedExecution] = [:]
        for (id, record) in records {
            do {
                if let problem = inbox.problems[id] { throw problem }
                loaded[id] = LoadedExecution(
                    claimID: record.claimID, record: try record.decoded(id), inbox: inbox.items[id] ?? [])
            } catch {
                // One broken log must not keep its batch-mates from being loaded.
                logger.error("an execution cannot be read", metadata: ["execution.id": "\(id)", "error": "\(error)"])
            }
        }
        return loaded
    }

    public func record(_ id: ExecutionID) async throws -> ExecutionRecord? {
        let query = PostgresQuery(ReadQueries.visible, [.ids([id]), queryTime])
        let result = try await insist { try await connections.reads.query(query) }
        return try await once { try LoadedRecord.read(result)[id] }?.decoded(id)
    }

    public func rows(of id: ExecutionID, from position: Int64, limit: Int) async throws -> [LogRow] {
        guard limit > 0 else { return [] }
        let query = PostgresQuery(
            ReadQueries.rows, [.uuid(id.postgres), .int8(position), .int4(Int32(clamping: limit))])
        let result = try await insist { try await connections.reads.query(query) }
        let rows = try await once { try result.rows.map { try LogRow($0, at: 0, hash: 5) } }
        var events = 0
        return Array(
            rows.prefix { row in
                defer { events += Int(row.count) }
                return events < limit
            })
    }

}

/// What waits for each of some executions, and which of them have something that this version cannot read.
private struct Inboxes {
    var items: [ExecutionID: [InboxItem]] = [:]
    var problems: [ExecutionID: StoreError] = [:]

    init(_ result: PostgresResult) throws {
        for row in result.rows {
            let id = try row.id(0, as: ExecutionID.self)
            let number = try row.int16(2)
            guard let kind = InboxItem.Kind(rawValue: number) else {
                problems[id] = StoreError(.corrupt, "an inbox item of unknown kind \(number)")
                continue
            }
            do {
                let payload = try row.bytesIfPresent(4).map { try JSONValue(parsing: $0, limits: .stored) }
                items[id, default: []].append(
                    InboxItem(generation: try row.int64(1), kind: kind, name: try row.string(3), payload: payload))
            } catch let error as JSONParseError {
                problems[id] = StoreError(.corrupt, "an inbox item cannot be read: \(error)")
            }
        }
    }
}

/// What `load` and `list` read of one execution, still in bytes.
struct LoadedRecord {
    var claimID: ClaimID?
    var owner: WorkerID?
    var nextAt: Timestamp?
    var needs: String?
    var state: [UInt8]?
    var rows: [LogRow] = []

    static func read(_ result: PostgresResult) throws -> [ExecutionID: LoadedRecord] {
        var records: [ExecutionID: LoadedRecord] = [:]
        for row in result.rows {
            let logRow = try LogRow(row, at: 1, hash: 11)
            let id = try row.id(0, as: ExecutionID.self)
            if records[id] == nil {
                records[id] = LoadedRecord(
                    claimID: try row.idIfPresent(6), owner: try row.idIfPresent(7), nextAt: try row.timeIfPresent(8),
                    needs: try row.stringIfPresent(9), state: try row.bytesIfPresent(10))
            }
            records[id]?.rows.append(logRow)
        }
        return records
    }

    func decoded(_ id: ExecutionID) throws -> ExecutionRecord {
        guard let first = rows.first, first.position == 1 else {
            throw StoreError(.corrupt, "the log of \(id) has no beginning")
        }
        return ExecutionRecord(
            creation: try ExecutionCreation.make(firstRow: first.body, of: id), snapshot: state,
            rows: state == nil ? rows : Array(rows.dropFirst()), owner: owner, nextAt: nextAt, needs: needs)
    }
}

extension ExecutionCreation {
    /// Reads the creation in the body of a log's first row.
    static func make(firstRow body: [UInt8], of id: ExecutionID) throws -> ExecutionCreation {
        do {
            if case .created(let creation)? = try LogBody(decoding: body, of: id).events.first { return creation }
        } catch {
            throw StoreError(.corrupt, "the log of \(id) cannot be read: \(error)")
        }
        throw StoreError(.corrupt, "the log of \(id) does not begin with its creation")
    }
}

extension LogRow {
    /// Reads seq, n, kind, at and body from five columns, and the hash.
    init(_ row: PostgresRow, at column: Int, hash: Int) throws {
        let number = try row.int16(column + 2)
        guard let kind = RowKind(rawValue: number) else {
            throw StoreError(.corrupt, "a log row of unknown kind \(number)")
        }
        self.init(
            position: try row.int64(column), count: try row.int16(column + 1), kind: kind, at: try row.time(column + 3),
            body: try row.bytes(column + 4), hash: try row.bytesIfPresent(hash))
    }
}

extension JSONLimits {
    /// What the store takes into its tables and reads back; they hold bytes, so a NUL is no trouble.
    static let stored: JSONLimits = {
        var limits = JSONLimits.default
        limits.maxBytes = 64 << 20
        limits.maxDepth = 96
        limits.allowsNulCharacter = true
        return limits
    }()
}
