internal import CPostgres
internal import Logging

/// Receives NOTICEs and WARNINGs of one connection, on its thread, and keeps them from standard error.
final class NoticeSink {
    private let logger: Logger
    private(set) var warnings: [String] = []

    init(_ logger: Logger) {
        self.logger = logger
    }

    func install(on connection: OpaquePointer) {
        // Unretained: the session that owns the sink also owns the connection and finishes it first.
        PQsetNoticeReceiver(
            connection,
            { context, result in
                guard let context, let result else { return }
                Unmanaged<NoticeSink>.fromOpaque(context).takeUnretainedValue().receive(result)
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    private func receive(_ result: OpaquePointer) {
        let notice = PostgresError(result: result, statement: nil)
        let metadata: Logger.Metadata = [
            "postgres.message": "\(notice.message)", "postgres.sqlstate": "\(notice.sqlState ?? "")",
        ]
        guard PostgresError.field(result, "V") == "WARNING" else {
            return logger.debug("notice from PostgreSQL", metadata: metadata)
        }
        if warnings.count < 16 { warnings.append(notice.message) }
        logger.warning("warning from PostgreSQL", metadata: metadata)
    }

    /// The warnings since the last call.
    func drain() -> [String] {
        if warnings.isEmpty { return [] }
        defer { warnings.removeAll() }
        return warnings
    }
}
