// Each row of a log has a hash over itself and the hash of the row before it: what is changed, taken out or put in
// between later does not fit any more.

import Crypto
public import SkeinCore

public enum RowHash {
    /// What is hashed begins with this: no row has the hash of something else.
    private static let domain = Array("skein.log.1".utf8)
    private static let none = [UInt8](repeating: 0, count: 32)

    /// SHA-256 over the domain, the hash before (zeros when there is none), the execution's id, position (8 bytes, big
    /// endian), count and kind (2 each), the operation's id, and the body, which has the time.
    public static func of(
        _ id: ExecutionID, position: Int64, count: Int16, kind: RowKind, operationID: OperationID, body: [UInt8],
        after chain: [UInt8]?
    ) -> [UInt8] {
        var hash = SHA256()
        withUnsafeTemporaryAllocation(byteCount: 96, alignment: 8) { head in
            var end = 0
            func put(_ bytes: [UInt8]) {
                for byte in bytes {
                    head[end] = byte
                    end += 1
                }
            }
            func put(_ number: some FixedWidthInteger) {
                withUnsafeBytes(of: number.bigEndian) { bytes in
                    for byte in bytes {
                        head[end] = byte
                        end += 1
                    }
                }
            }
            put(domain)
            put(chain ?? none)
            put(id.raw.high)
            put(id.raw.low)
            put(position)
            put(count)
            put(kind.rawValue)
            put(operationID.raw.high)
            put(operationID.raw.low)
            hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: head[..<end]))
        }
        body.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return Array(hash.finalize())
    }
}
