// JSON data through anyone's encoder and decoder, Foundation's among them.

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension JSONValue: Codable {
    /// Encodes the value as itself. Through another encoder than ``JSONValueEncoder``, numbers pass through `Decimal`
    /// or `Double` and keep at most 38 digits.
    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .object(let object): return try object.encode(to: encoder)
        case .array(let elements): return try elements.encode(to: encoder)
        case .null, .bool, .int, .decimal, .string: break
        }
        var container = encoder.singleValueContainer()
        switch self {
        case .bool(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .decimal(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .null, .array, .object: try container.encodeNil()
        }
    }

    /// Decodes whatever value there is; numbers as in ``encode(to:)``.
    public init(from decoder: any Decoder) throws {
        if let own = decoder as? JSONDecoding {
            self = own.value
            return
        }
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .int(value)
        } else if let value = try? container.decode(JSONDecimal.self) {
            self = .decimal(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode(JSONObject.self))
        }
    }
}

extension JSONObject: Codable {
    /// Encodes the members in order, in a keyed container.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: JSONCodingKey.self)
        for (key, value) in self { try container.encode(value, forKey: JSONCodingKey(stringValue: key)) }
    }

    /// Decodes all members, in the order the decoder gives.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: JSONCodingKey.self)
        self.init()
        for key in container.allKeys { self[key.stringValue] = try container.decode(JSONValue.self, forKey: key) }
    }
}

extension JSONDecimal: Codable {
    /// Encodes the number through `Decimal`, or `Double` when it is out of its range.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let decimal = Decimal(string: text) {
            try container.encode(decimal)
        } else {
            try container.encode(doubleValue)
        }
    }

    /// Decodes a number through `Decimal`, or `Double` when it is out of its range.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let own = decoder as? JSONDecoding {
            self = try own.decode(JSONDecimal.self)
        } else if let decimal = (try? container.decode(Decimal.self)).flatMap({ JSONDecimal($0.description) }) {
            self = decimal
        } else if let decimal = JSONDecimal(try container.decode(Double.self)) {
            self = decimal
        } else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "The number is not finite.")
        }
    }
}
