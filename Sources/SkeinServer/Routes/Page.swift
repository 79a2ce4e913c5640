import SkeinCore

/// One page of a list: `{items, limit, offset|cursor, hasMore}`.
struct Page {
    /// The most items of a page.
    static let largest = 1_000
    /// The items of a page unless the request says otherwise.
    static let usual = 50

    var limit: Int
    var offset: Int

    init(_ query: inout QueryReader, limit usual: Int = usual) {
        limit = query.integer("limit", in: 1...Self.largest) ?? usual
        offset = query.integer("offset", in: 0...Int(Int32.max)) ?? 0
    }

    /// The part of a list that fits in memory.
    func json(of all: [JSONValue]) -> JSONObject {
        let rest = all.dropFirst(offset)
        return [
            "items": .array(Array(rest.prefix(limit))), "total": .int(Int64(all.count)), "limit": .int(Int64(limit)),
            "offset": .int(Int64(offset)), "hasMore": .bool(rest.count > limit),
        ]
    }
}
