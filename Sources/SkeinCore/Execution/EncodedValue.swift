/// A JSON value with its length, and with its bytes where somebody encoded it already: an output is encoded once, for
/// the log, the limits and the context alike.
public final class EncodedValue: Sendable {
    public let value: JSONValue
    /// Its length as compact JSON.
    public let count: Int
    private let encoded: [UInt8]?

    /// Measures without encoding: for values that were read back.
    public init(_ value: JSONValue) {
        self.value = value
        count = value.byteCount
        encoded = nil
    }

    /// Encodes at once: for values that are about to be stored. The value must not be nested deeper than the stack
    /// allows.
    public init(encoding value: JSONValue) {
        self.value = value
        let bytes = value.serialized()
        count = bytes.count
        encoded = bytes
    }

    /// Whether a NUL character may be in it: exact for those that were encoded and have none.
    public var mayHoldNul: Bool {
        guard let encoded else { return true }
        return encoded.withUnsafeBufferPointer { bytes in
            var index = 0
            while index + 5 < bytes.count {
                if bytes[index] == UInt8(ascii: "\\") {
                    if bytes[index + 1] == UInt8(ascii: "u"), bytes[index + 2] == UInt8(ascii: "0"),
                        bytes[index + 3] == UInt8(ascii: "0"),
                        bytes[index + 4] == UInt8(ascii: "0"), bytes[index + 5] == UInt8(ascii: "0")
                    {
                        return true
                    }
                    index += 1
                }
                index += 1
            }
            return false
        }
    }

    public func append(to bytes: inout [UInt8]) {
        if let encoded { bytes.append(contentsOf: encoded) } else { value.append(to: &bytes) }
    }
}

extension EncodedValue: Hashable {
    public static func == (lhs: EncodedValue, rhs: EncodedValue) -> Bool { lhs === rhs || lhs.value == rhs.value }
    public func hash(into hasher: inout Hasher) { hasher.combine(value) }
}
