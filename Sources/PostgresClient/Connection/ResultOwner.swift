internal import CPostgres

/// Owns one `PGresult` and frees it exactly once; what it holds is copied out, no pointer leaves.
struct ResultOwner: ~Copyable {
    private let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        PQclear(pointer)
    }

    var status: ExecStatusType { PQresultStatus(pointer) }

    func error(statement: String?) -> PostgresError {
        PostgresError(result: pointer, statement: statement)
    }

    /// FATAL or PANIC: the server closes the connection after this.
    var isFatal: Bool {
        let severity = PostgresError.field(pointer, "V")
        return severity == "FATAL" || severity == "PANIC"
    }

    /// The server's routine that raised the error: it tells apart what shares a SQLSTATE, in any language.
    var routine: String? { PostgresError.field(pointer, "R") }

    var columns: [PostgresColumn] {
        (0..<PQnfields(pointer)).map { column in
            PostgresColumn(
                name: String(cString: PQfname(pointer, column)),
                oid: PostgresOID(rawValue: PQftype(pointer, column)))
        }
    }

    func copy(columns: [PostgresColumn]) -> PostgresResult {
        let rows = PQntuples(pointer)
        let width = Int32(columns.count)
        var cells: [PostgresResultStorage.Cell] = []
        cells.reserveCapacity(Int(rows) * Int(width))
        var size = 0
        for row in 0..<rows {
            for column in 0..<width {
                let isNull = PQgetisnull(pointer, row, column) == 1
                let length = isNull ? -1 : Int(PQgetlength(pointer, row, column))
                cells.append(.init(offset: size, length: length))
                size += max(0, length)
            }
        }
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, used in
            var index = 0
            for row in 0..<rows {
                for column in 0..<width {
                    let cell = cells[index]
                    index += 1
                    guard cell.length > 0, let value = PQgetvalue(pointer, row, column) else { continue }
                    let target = UnsafeMutableRawBufferPointer(
                        rebasing: UnsafeMutableRawBufferPointer(buffer)[cell.offset...])
                    target.copyMemory(from: UnsafeRawBufferPointer(start: value, count: cell.length))
                }
            }
            used = size
        }
        let storage = PostgresResultStorage(columns: columns, rowCount: Int(rows), bytes: bytes, cells: cells)
        return PostgresResult(
            storage: storage, affected: Int(String(cString: PQcmdTuples(pointer))) ?? 0,
            commandTag: String(cString: PQcmdStatus(pointer)))
    }

    var fieldCount: Int { Int(PQnfields(pointer)) }
}
