/// The number under which PostgreSQL knows a type.
package struct PostgresOID: RawRepresentable, Hashable, Sendable {
    /// The number in `pg_type.oid`.
    package let rawValue: UInt32

    /// Wraps a number of `pg_type.oid`.
    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// True for types made by users: enums, domains, composites, extensions.
    var isUserDefined: Bool { rawValue >= 16_384 }
}

extension PostgresOID {
    /// The type `bool`.
    package static let bool = PostgresOID(rawValue: 16)
    /// The type `bytea`.
    package static let bytea = PostgresOID(rawValue: 17)
    /// The type `char`.
    package static let char = PostgresOID(rawValue: 18)
    /// The type `name`.
    package static let name = PostgresOID(rawValue: 19)
    /// The type `int8`.
    package static let int8 = PostgresOID(rawValue: 20)
    /// The type `int2`.
    package static let int2 = PostgresOID(rawValue: 21)
    /// The type `int4`.
    package static let int4 = PostgresOID(rawValue: 23)
    /// The type `text`.
    package static let text = PostgresOID(rawValue: 25)
    /// The type `oid`.
    package static let oid = PostgresOID(rawValue: 26)
    /// The type `json`.
    package static let json = PostgresOID(rawValue: 114)
    /// The type `float4`.
    package static let float4 = PostgresOID(rawValue: 700)
    /// The type `float8`.
    package static let float8 = PostgresOID(rawValue: 701)
    /// The type `unknown`.
    package static let unknown = PostgresOID(rawValue: 705)
    /// The type `bpchar`.
    package static let bpchar = PostgresOID(rawValue: 1042)
    /// The type `varchar`.
    package static let varchar = PostgresOID(rawValue: 1043)
    /// The type `timestamp`.
    package static let timestamp = PostgresOID(rawValue: 1114)
    /// The type `timestamptz`.
    package static let timestamptz = PostgresOID(rawValue: 1184)
    /// The type `numeric`.
    package static let numeric = PostgresOID(rawValue: 1700)
    /// The type `uuid`.
    package static let uuid = PostgresOID(rawValue: 2950)
    /// The type `pg_lsn`.
    package static let pgLSN = PostgresOID(rawValue: 3220)
    /// The type `jsonb`.
    package static let jsonb = PostgresOID(rawValue: 3802)
    /// The type `xid8`.
    package static let xid8 = PostgresOID(rawValue: 5069)
}

extension PostgresOID {
    /// The array type over this element type, for the types that a parameter can carry; nil for others.
    var array: PostgresOID? {
        switch self {
        case .bool: PostgresOID(rawValue: 1000)
        case .bytea: PostgresOID(rawValue: 1001)
        case .int2: PostgresOID(rawValue: 1005)
        case .int4: PostgresOID(rawValue: 1007)
        case .text: PostgresOID(rawValue: 1009)
        case .int8: PostgresOID(rawValue: 1016)
        case .float8: PostgresOID(rawValue: 1022)
        case .timestamptz: PostgresOID(rawValue: 1185)
        case .uuid: PostgresOID(rawValue: 2951)
        case .jsonb: PostgresOID(rawValue: 3807)
        default: nil
        }
    }
}
