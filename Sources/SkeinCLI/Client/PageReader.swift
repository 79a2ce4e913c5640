import SkeinCore

/// Reads lists page by page.
struct PageReader: Sendable {
    var client: ServerClient
    /// What one request asks for at most.
    static let largestPage = 1_000

    /// At most `limit` items from `offset` on, in the shape of one page; nil: all there are.
    func read(_ path: String, _ query: [(String, String?)] = [], limit: Int?, offset: Int = 0) async throws -> JSONValue
    {
        var items: [JSONValue] = []
        var position: (String, String)? = offset > 0 ? ("offset", String(offset)) : nil
        while true {
            let wanted = min(limit.map { $0 - items.count } ?? Self.largestPage, Self.largestPage)
            var asked = query
            asked.append(("limit", String(wanted)))
            if let position { asked.append((position.0, position.1)) }
            let page = try await client.get(path, asked)
            let found = Printer.items(of: page)
            items += found
            let hasMore = page.object?["hasMore"]?.bool ?? false
            if items.isEmpty || !hasMore || found.isEmpty || limit.map({ items.count >= $0 }) ?? false {
                return merged(page, items, limit: limit, offset: offset)
            }
            if let cursor = page.object?["cursor"]?.string {
                position = ("cursor", cursor)
            } else {
                position = ("offset", String(offset + items.count))
            }
        }
    }

    private func merged(_ page: JSONValue, _ items: [JSONValue], limit: Int?, offset: Int) -> JSONValue {
        guard var object = page.object else { return .array(items) }
        object["items"] = .array(items)
        if object.contains(key: "offset") { object["offset"] = .int(Int64(offset)) }
        if object.contains(key: "limit") { object["limit"] = .int(Int64(limit ?? items.count)) }
        return .object(object)
    }
}
