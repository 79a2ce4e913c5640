import SkeinCore

/// The place after an execution in a list, as text that nobody has to understand: the id's 16 bytes in base64url.
enum Cursor {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// 22 digits of 6 bits; the last has 2 bits of the id and 4 zeros.
    static func text(_ id: ExecutionID) -> String {
        let bits = UInt128(id.raw.high) << 64 | UInt128(id.raw.low)
        let bytes = (0..<22).map { place in
            let shift = 122 - place * 6
            let digit = shift >= 0 ? bits >> UInt128(shift) : bits << UInt128(-shift)
            return digits[Int(digit & 63)]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func id(_ text: String) -> ExecutionID? {
        guard text.utf8.count == 22 else { return nil }
        var bits: UInt128 = 0
        for (place, byte) in text.utf8.enumerated() {
            guard let digit = digits.firstIndex(of: byte) else { return nil }
            guard place < 21 else {
                guard digit & 15 == 0 else { return nil }
                bits = bits << 2 | UInt128(digit >> 4)
                continue
            }
            bits = bits << 6 | UInt128(digit)
        }
        return ExecutionID(
            raw: UniqueID(high: UInt64(truncatingIfNeeded: bits >> 64), low: UInt64(truncatingIfNeeded: bits)))
    }
}
