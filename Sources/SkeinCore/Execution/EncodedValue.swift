/// A JSON value with its length, and with its bytes where somebody encoded it already: an output is encoded once, for
/// the log, the limits and the context alike.
public final class EncodedValue: Sendable {
    public let value: JSONValue
    /// Its length as compact JSON.
    public let count: Int
    /// The nesting of its arrays and objects, as ``JSONValue/depth``.
    let depth: Int
    /// Whether a NUL character may be in it: exact for those that were encoded.
    public let mayHoldNul: Bool
    private let encoded: [UInt8]?

    /// Measures without encoding: for values that were read back.
    public init(_ value: JSONValue) {
        self.value = value
        count = value.byteCount
        depth = value.depth
        mayHoldNul = true
        encoded = nil
    }

    /// Encodes at once: for values that are about to be stored. The value must not be nested deeper than the stack
    /// allows.
    public init(encoding value: JSONValue) {
        self.value = value
        var writer = JSONWriter(output: [])
        writer.output.reserveCapacity(96)
        writer.write(value)
        count = writer.output.count
        depth = writer.depth
        mayHoldNul = writer.hasNul
        encoded = writer.output
    }

    public func append(to bytes: inout [UInt8]) {
        if let encoded { bytes.append(contentsOf: encoded) } else { value.append(to: &bytes) }
    }
}

extension EncodedValue: Hashable {
    public static func == (lhs: EncodedValue, rhs: EncodedValue) -> Bool { lhs === rhs || lhs.value == rhs.value }
    public func hash(into hasher: inout Hasher) { hasher.combine(value) }
}
