import Crypto

extension IdempotencyScope {
    /// 32 hexadecimal digits that stand for the scope: the first half of SHA-256 over the tenant, the flow and the key,
    /// each behind its length, so that no two scopes are written alike.
    package var digest: String {
        var bytes: [UInt8] = []
        for part in [tenantID, flowID, key] {
            let text = part.map { Array($0.utf8) }
            // No text is as long as the length that stands for "none".
            let length = text.map { UInt64($0.count) } ?? UInt64.max
            withUnsafeBytes(of: length.bigEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: text ?? [])
        }
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in SHA256.hash(data: bytes).prefix(16) {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
