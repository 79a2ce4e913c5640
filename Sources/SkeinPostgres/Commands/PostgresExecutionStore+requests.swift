// Requests that other programs leave in SQL, and the bell that they ring.

import Crypto
import Logging
import PostgresClient
public import Skein
import SkeinCore

extension PostgresExecutionStore {
    public func takeRequests(limit: Int) async throws -> [StoredRequest] {
        let query = PostgresQuery(CommandQueries.takeRequests, [.int4(Int32(clamping: limit)), queryTime])
        // Not asked twice: what was taken by an answer that was lost comes again by itself.
        let result = try await once { try await connections.commands.query(query) }
        return try result.rows.compactMap { row in
            let id = try row.int64(0)
            do {
                return try StoredRequest(row)
            } catch {
                logger.error(
                    "a request cannot be read; it stays where it is",
                    metadata: ["request.id": "\(id)", "error": "\(error)"])
                return nil
            }
        }
    }

    public func endRequests(_ ids: [Int64]) async throws {
        let query = PostgresQuery(CommandQueries.endRequests, [.array(.int8s(ids))])
        try await insist { _ = try await connections.commands.query(query) }
    }

    public func requestNotices() -> AsyncStream<Void> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { notices in
            let channel = connections.listener(to: Self.bell(of: configuration.schema)) { notices.yield() }
            // Nobody else keeps the channel: it ends with the stream.
            notices.onTermination = { _ in withExtendedLifetime(channel) {} }
            channel.start()
        }
    }

    /// What the schema's `ring` notifies.
    private static func bell(of schema: String) -> String {
        let quoted = "\"\(schema.replacing("\"", with: "\"\""))\""
        return "skein_" + Array(Insecure.MD5.hash(data: Array(quoted.utf8))).hex
    }
}

extension StoredRequest {
    fileprivate init(_ row: PostgresRow) throws {
        let action: Action
        switch try row.int16(1) {
        case 1: action = .cancel(reason: try row.stringIfPresent(6))
        case 2:
            let payload = try row.bytesIfPresent(5).map { try JSONValue(parsing: $0, limits: .stored) }
            action = .signal(name: try row.string(4), payload: payload)
        case let kind: throw StoreError(.corrupt, "a request of unknown kind \(kind)")
        }
        self.init(
            id: try row.int64(0), executionID: try row.id(2), operationID: try row.id(3), action: action,
            by: Intervention(actor: try row.stringIfPresent(7), requestID: try row.stringIfPresent(8)))
    }
}
