// The ways out: bytes, text, and sizes for checking limits.

import OrderedCollections

extension JSONValue: CustomStringConvertible {
    /// The value as bytes in UTF-8.
    ///
    /// - Parameter style: compact when left out.
    public func serialized(_ style: JSONStyle = .compact) -> [UInt8] {
        var output: [UInt8] = []
        if style == .compact { output.reserveCapacity(512) }
        append(to: &output, style: style)
        return output
    }

    /// Appends the value's bytes to a buffer.
    public func append(to output: inout [UInt8], style: JSONStyle = .compact) {
        var writer = JSONWriter(output: output)
        output = []
        switch style {
        case .compact: writer.write(self)
        case .pretty: writer.writePretty(self)
        case .canonical: writer.writeCanonical(self)
        }
        output = writer.output
    }

    /// The value as text.
    public func text(_ style: JSONStyle = .compact) -> String {
        String(decoding: serialized(style), as: UTF8.self)
    }

    /// The compact text form.
    public var description: String { text() }
}

extension JSONValue {
    /// The length of the compact form in bytes, counted without writing it.
    public var byteCount: Int {
        switch self {
        case .null: 4
        case .bool(let value): value ? 4 : 5
        case .int(let value): Self.digitCount(value)
        case .decimal(let value): value.text.utf8.count
        case .string(let value): Self.quotedCount(value)
        case .array(let elements):
            elements.reduce(2 + max(0, elements.count - 1)) { $0 + $1.byteCount }
        case .object(let object):
            object.storage.reduce(2 + max(0, object.count - 1)) {
                $0 + Self.quotedCount($1.key.string) + 1 + $1.value.byteCount
            }
        }
    }

    /// The nesting of arrays and objects: 0 for a scalar, 1 for `[]`.
    public var depth: Int {
        switch self {
        case .null, .bool, .int, .decimal, .string: 0
        case .array(let elements): 1 + (elements.lazy.map(\.depth).max() ?? 0)
        case .object(let object): 1 + (object.storage.values.lazy.map(\.depth).max() ?? 0)
        }
    }

    /// Whether it is nested deeper than this; looks no further than that.
    package func isDeeper(than levels: Int) -> Bool {
        switch self {
        case .null, .bool, .int, .decimal, .string: false
        case .array(let items): levels == 0 || items.contains { $0.isDeeper(than: levels - 1) }
        case .object(let object): levels == 0 || object.storage.values.contains { $0.isDeeper(than: levels - 1) }
        }
    }

    /// The number of object members at all levels together.
    public var keyCount: Int {
        switch self {
        case .null, .bool, .int, .decimal, .string: 0
        case .array(let elements): elements.reduce(0) { $0 + $1.keyCount }
        case .object(let object): object.storage.values.reduce(object.count) { $0 + $1.keyCount }
        }
    }

    private static func digitCount(_ value: Int64) -> Int {
        var count = value < 0 ? 2 : 1
        var rest = value.magnitude / 10
        while rest > 0 {
            count += 1
            rest /= 10
        }
        return count
    }

    private static func quotedCount(_ string: String) -> Int {
        var count = string.utf8.count + 2
        for byte in string.utf8 where JSONWriter.needsEscape(byte) {
            switch byte {
            case 0x08, 0x09, 0x0A, 0x0C, 0x0D: count += 1
            case 0..<0x20: count += 5
            case _: count += 1
            }
        }
        return count
    }
}
