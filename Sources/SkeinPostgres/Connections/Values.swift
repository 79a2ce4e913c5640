// Ids and times between the two rooms.

import PostgresClient
import SkeinCore

extension UniqueID {
    var postgres: PostgresUUID { PostgresUUID(high: high, low: low) }
}

extension TypedID {
    var postgres: PostgresUUID { PostgresUUID(high: raw.high, low: raw.low) }

    init(_ uuid: PostgresUUID) {
        self.init(raw: UniqueID(high: uuid.high, low: uuid.low))
    }
}

extension PostgresParameter {
    static func ids(_ ids: some Collection<some TypedID>) -> PostgresParameter {
        .array(.uuids(ids.lazy.map(\.postgres)))
    }

    static func microseconds(_ span: Duration) -> PostgresParameter { .int8(span.microseconds) }
}

extension PostgresRow {
    func id<ID: TypedID>(_ column: Int, as type: ID.Type = ID.self) throws -> ID { ID(try uuid(column)) }

    func idIfPresent<ID: TypedID>(_ column: Int, as type: ID.Type = ID.self) throws -> ID? {
        try uuidIfPresent(column).map { ID($0) }
    }

    func time(_ column: Int) throws -> Timestamp { Timestamp(microseconds: try timestamp(column)) }

    func timeIfPresent(_ column: Int) throws -> Timestamp? {
        try timestampIfPresent(column).map(Timestamp.init(microseconds:))
    }
}
