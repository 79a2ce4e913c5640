/// The value of one `$n`, sent in binary and with its type, so that a mismatch is an error and never a misreading.
package enum PostgresParameter: Sendable {
    /// NULL of the given type.
    case null(PostgresOID)
    /// `boolean`
    case bool(Bool?)
    /// `smallint`
    case int2(Int16?)
    /// `integer`
    case int4(Int32?)
    /// `bigint`
    case int8(Int64?)
    /// `text`; a NUL byte is refused before anything is sent.
    case text(String?)
    /// `bytea`
    case bytea([UInt8]?)
    /// `uuid`
    case uuid(PostgresUUID?)
    /// `timestamptz` in microseconds since 1970; `Int64.max` is infinity, `Int64.min` is -infinity.
    case timestamptz(Int64?)
    /// `jsonb`, given as JSON text in UTF-8.
    case jsonb([UInt8]?)
    /// `double precision`
    case double(Double?)
    /// An array that is already encoded.
    case array(PostgresArray)
    /// Text whose type the server takes from where it stands in the statement: for statements that users write.
    case untyped(String?)

    /// The type declared to the server.
    var oid: PostgresOID {
        switch self {
        case .null(let oid): oid
        case .bool: .bool
        case .int2: .int2
        case .int4: .int4
        case .int8: .int8
        case .text: .text
        case .bytea: .bytea
        case .uuid: .uuid
        case .timestamptz: .timestamptz
        case .jsonb: .jsonb
        case .double: .float8
        case .array(let array): array.oid
        case .untyped: PostgresOID(rawValue: 0)
        }
    }

    var isBinary: Bool {
        if case .untyped = self { false } else { true }
    }

    /// False when the value holds a NUL byte where the server takes text.
    var isSendable: Bool {
        switch self {
        case .text(let value?), .untyped(let value?): !value.utf8.contains(0)
        case .jsonb(let value?): !value.contains(0)
        case .array(let array): !array.containsNUL
        case .null, .bool, .int2, .int4, .int8, .text, .bytea, .uuid, .timestamptz, .jsonb, .double, .untyped: true
        }
    }
}
