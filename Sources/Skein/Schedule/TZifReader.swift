// TZif, RFC 9636: the version 2+ block with 64-bit times and the footer where there is one, else the first block.

import SkeinCore

/// Reads the bytes of a TZif file.
enum TZifReader {
    /// The rules; nil: the bytes are not a TZif file.
    static func rules(_ name: String, _ bytes: [UInt8]) -> ZoneRules? {
        guard let first = Header(bytes[...]) else { return nil }
        let rest = bytes[44...]
        guard first.version >= UInt8(ascii: "2") else {
            return block(name, first, rest, timeSize: 4, footer: nil)
        }
        let length = first.length(timeSize: 4)
        guard rest.count > length, let second = Header(rest.dropFirst(length)) else { return nil }
        let body = rest.dropFirst(length + 44)
        guard body.count > second.length(timeSize: 8) else { return nil }
        let footer = body.dropFirst(second.length(timeSize: 8))
        guard footer.first == UInt8(ascii: "\n"), let end = footer.dropFirst().firstIndex(of: UInt8(ascii: "\n")) else {
            return nil
        }
        let text = String(decoding: footer[(footer.startIndex + 1)..<end], as: UTF8.self)
        return block(name, second, body, timeSize: 8, footer: text.isEmpty ? nil : text)
    }

    private struct Header {
        var version: UInt8
        /// isut, isstd, leap, time, type, char.
        var counts: [Int]

        init?(_ bytes: ArraySlice<UInt8>) {
            guard bytes.count >= 44, bytes.prefix(4).elementsEqual("TZif".utf8) else { return nil }
            version = bytes[bytes.startIndex + 4]
            counts = (0..<6).map { Int(integer(bytes.dropFirst(20 + $0 * 4).prefix(4))) }
            guard counts.allSatisfy({ (0...100_000).contains($0) }), counts[4] > 0 else { return nil }
        }

        func length(timeSize: Int) -> Int {
            counts[3] * (timeSize + 1) + counts[4] * 6 + counts[5] + counts[2] * (timeSize + 4) + counts[1] + counts[0]
        }
    }

    private static func block(
        _ name: String, _ header: Header, _ bytes: ArraySlice<UInt8>, timeSize: Int, footer: String?
    )
        -> ZoneRules?
    {
        let (times, types) = (header.counts[3], header.counts[4])
        guard bytes.count >= header.length(timeSize: timeSize) else { return nil }
        let indices = bytes.dropFirst(times * timeSize).prefix(times)
        let table = bytes.dropFirst(times * (timeSize + 1))
        let offsets = (0..<types).map { integer(table.dropFirst($0 * 6).prefix(4)) }
        guard offsets.allSatisfy({ abs($0) <= 26 * 3_600 }) else { return nil }
        var transitions: [ZoneRules.Transition] = []
        for (number, index) in indices.enumerated() {
            guard Int(index) < offsets.count else { return nil }
            let time = integer(bytes.dropFirst(number * timeSize).prefix(timeSize))
            guard transitions.last.map({ $0.time < time }) ?? true else { return nil }
            transitions.append(.init(at: time, to: offsets[Int(index)]))
        }
        return ZoneRules(name: name, first: offsets[0], transitions: transitions, footer: footer)
    }
}

/// A big-endian integer of 4 or 8 bytes.
private func integer(_ bytes: ArraySlice<UInt8>) -> Int64 {
    let bits = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return bytes.count == 4 ? Int64(Int32(truncatingIfNeeded: bits)) : Int64(bitPattern: bits)
}
