import Skein
import SkeinCore

/// Every row has the hash of itself and of the row before it, whoever wrote it and whatever was in the way.
struct LogIsEvidence: Invariant {
    static let name = "I17 the hashes of the log fit"

    func check(_ history: History, _ finding: inout Evidence) {
        for (id, rows) in history.log {
            guard let execution = ExecutionID(id) else { continue }
            var chain: [UInt8]?
            for row in rows {
                guard let operation = OperationID(row.operation),
                    let kind = RowKind(rawValue: Int16(clamping: row.kind))
                else {
                    finding.expect(false, "\(id): the row at \(row.seq) is of no kind, or of no operation")
                    continue
                }
                let hash = RowHash.of(
                    execution, position: row.seq, count: Int16(clamping: row.count), kind: kind,
                    operationID: operation, body: Array(row.body.utf8), after: chain)
                finding.expect(row.hash == Self.hex(hash), "\(id): the hash of the row at \(row.seq) does not fit")
                chain = hash
            }
        }
    }

    static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
