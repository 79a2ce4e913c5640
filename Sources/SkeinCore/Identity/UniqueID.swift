// 128 bits as two words. Foundation is left out on purpose: ids are compared, hashed and encoded on the hot path.

/// A UUID (RFC 9562) ordered by its bytes, the order PostgreSQL's `uuid` type uses.
public struct UniqueID: Hashable, Sendable, Comparable {
    public var high: UInt64
    public var low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A version 7 UUID: 48 bits of Unix milliseconds, 12 bits of the sub-millisecond fraction, 62 random bits, so that
    /// ids made by one instance sort by creation time and inserts touch the right edge of an index.
    ///
    /// - Parameters:
    ///   - at: the time of creation.
    ///   - random: 64 random bits, of which 62 are used.
    public static func v7(at time: Timestamp, random: UInt64) -> UniqueID {
        let microseconds = UInt64(max(0, time.microseconds))
        let milliseconds = (microseconds / 1_000) & 0xFFFF_FFFF_FFFF
        let fraction = (microseconds % 1_000) * 4_096 / 1_000
        return UniqueID(
            high: milliseconds << 16 | 0x7000 | fraction, low: 0x8000_0000_0000_0000 | (random & 0x3FFF_FFFF_FFFF_FFFF))
    }

    /// A version 4 UUID from 128 random bits.
    public static func v4(random high: UInt64, _ low: UInt64) -> UniqueID {
        UniqueID(
            high: (high & 0xFFFF_FFFF_FFFF_0FFF) | 0x4000, low: (low & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000)
    }

    public static func < (lhs: UniqueID, rhs: UniqueID) -> Bool {
        lhs.high == rhs.high ? lhs.low < rhs.low : lhs.high < rhs.high
    }
}

extension UniqueID: LosslessStringConvertible {
    /// Parses the 36-character form, upper or lower case. Anything else gives nil.
    public init?(_ description: String) {
        var words: (UInt64, UInt64) = (0, 0)
        var nibbles = 0
        var position = 0
        for byte in description.utf8 {
            defer { position += 1 }
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            let nibble: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): nibble = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): nibble = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): nibble = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            guard nibbles < 32 else { return nil }
            if nibbles < 16 { words.0 = words.0 << 4 | UInt64(nibble) } else { words.1 = words.1 << 4 | UInt64(nibble) }
            nibbles += 1
        }
        guard nibbles == 32, position == 36 else { return nil }
        self.init(high: words.0, low: words.1)
    }

    /// The 36-character lower-case form.
    public var description: String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            write { buffer[$0] = $1 }
            return 36
        }
    }

    /// Appends the text form.
    func append(to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 36) { text in
            write { index, byte in text[index] = byte }
            bytes.append(contentsOf: UnsafeBufferPointer(text))
        }
    }

    @inline(__always)
    private func write(_ put: (Int, UInt8) -> Void) {
        var at = 0
        for index in 0..<32 {
            if index == 8 || index == 12 || index == 16 || index == 20 {
                put(at, UInt8(ascii: "-"))
                at += 1
            }
            let word = index < 16 ? high : low
            let nibble = UInt8(truncatingIfNeeded: word >> UInt64((15 - index & 15) * 4)) & 15
            put(at, nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10)
            at += 1
        }
    }
}

extension UniqueID: Codable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let id = UniqueID(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "'\(text)' is not a UUID"))
        }
        self = id
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
