// Transactions of users' code: their SQL and our row in one.

import PostgresClient
public import Skein
import SkeinCore

extension PostgresExecutionStore: TransactionalStore {
    private struct Fenced: Error {}

    public func commit(_ work: @Sendable (any SQLTransaction) async throws -> Append) async throws -> AppendOutcome {
        var failures = 0
        while true {
            var attempted: Append?
            do {
                try await connections.transactions.withTransaction { transaction in
                    guard incarnation.observe(transaction.serverIdentity) != nil else {
                        throw PostgresError(code: .connectFailed, message: "the server was left behind by a promotion")
                    }
                    let append = try await work(UserTransaction(transaction))
                    attempted = append
                    if let problem = append.problem { throw problem }
                    let statements = CommitStatements(batch: [append], now: queryTime)
                    let results = try await transaction.batch([
                        PostgresQuery(PostgresStatement(adHoc: "SET LOCAL search_path TO \(searchPath)")),
                        statements.append([0], unlessTaken: true),
                    ])
                    // Another owner has appended: what the code did is undone with it.
                    if results[1].rows.isEmpty { throw Fenced() }
                }
                return .committed(woken: false)
            } catch is Fenced {
                return .fenced
            } catch let error as PostgresError {
                if error.outcomeUnknown, let attempted { return try await whatBecame(of: attempted) }
                failures += 1
                guard failures < 5, FailureKind(error) == .again else { throw StoreError(error) }
                try await backoff(failures)
            } catch let error as StoreError where error.code == .invalid {
                return .refused(error)
            } catch let failure as StepFailure {
                failures += 1
                guard failures < 5, failure.isSerializationFailure else { throw failure }
                try await backoff(failures)
            }
        }
    }

    private var searchPath: String { "\"\(configuration.schema.replacing("\"", with: "\"\""))\"" }

    /// Whether the transaction of a lost COMMIT took place. A row at the same place waits for it to end, if it has not,
    /// and is not meant to stay.
    private func whatBecame(of append: Append) async throws -> AppendOutcome {
        let statements = CommitStatements(batch: [append], now: queryTime)
        return try await insist {
            try await connections.pool.withConnection { connection in
                let results = try await connection.batch([
                    AppendQueries.begin, statements.append([0], unlessTaken: true), AppendQueries.rollback,
                ])
                guard results[1].rows.isEmpty else {
                    throw StoreError(.unavailable, "the transaction was not committed")
                }
                let isMine = try await connection.query(statements.whose([0])).rows.contains { try $0.bool(1) }
                return isMine ? .committed(woken: false) : .fenced
            }
        }
    }
}

/// What users' code sees of a transaction.
private struct UserTransaction: SQLTransaction {
    let transaction: PostgresTransaction

    init(_ transaction: PostgresTransaction) { self.transaction = transaction }

    func query(_ sql: String, _ parameters: [JSONValue]) async throws -> [JSONObject] {
        let query = PostgresQuery(
            PostgresStatement(adHoc: sql), parameters.map { .untyped($0.sqlText) })
        do {
            let result = try await transaction.query(query)
            return try result.rows.map { row in
                var object = JSONObject()
                for (index, column) in result.columns.enumerated() {
                    object[column.name] = try row.raw(index).map { JSONValue(sqlText: $0, of: column.oid) } ?? .null
                }
                return object
            }
        } catch let error as PostgresError where error.code == .server {
            throw StepFailure(error)
        }
    }
}

extension StepFailure {
    fileprivate init(_ error: PostgresError) {
        var details: JSONObject = ["sqlState": .string(error.sqlState ?? "")]
        details["constraint"] = error.constraint.map { .string($0) }
        let isFinal = ["22", "23", "42", "0A"].contains(error.sqlState.map { String($0.prefix(2)) } ?? "")
        self.init("SQL_ERROR", error.message, details: .object(details), isRetryable: !isFinal)
    }

    fileprivate var isSerializationFailure: Bool {
        failure.code == "SQL_ERROR" && ["40001", "40P01"].contains(failure.details?["sqlState"]?.string ?? "")
    }
}

extension JSONValue {
    /// As a parameter whose type the server knows.
    fileprivate var sqlText: String? {
        switch self {
        case .null: nil
        case .string(let text): text
        case .bool, .int, .decimal, .array, .object: description
        }
    }

    /// A value that the server wrote as text.
    fileprivate init(sqlText text: String, of type: PostgresOID) {
        switch type {
        case .bool: self = .bool(text == "t")
        case .int2, .int4, .int8, .oid, .float4, .float8, .numeric: self = .number(text) ?? .string(text)
        case .json, .jsonb: self = (try? JSONValue(parsing: text)) ?? .string(text)
        default: self = .string(text)
        }
    }
}
