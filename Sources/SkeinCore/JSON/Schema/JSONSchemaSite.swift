// Places of subschemas, as keys.

/// A place in one of the documents.
struct JSONSchemaSite: Sendable, Hashable {
    let document: Int
    let pointer: JSONPointer
    /// The pointer's text compared by code points, which Swift's own string equality does not.
    private let key: JSONKey

    init(_ document: Int, _ pointer: JSONPointer) {
        self.document = document
        self.pointer = pointer
        key = JSONKey(pointer.description)
    }

    func appending(_ tokens: [String]) -> JSONSchemaSite {
        JSONSchemaSite(document, JSONPointer(tokens: pointer.tokens + tokens))
    }

    static func == (lhs: JSONSchemaSite, rhs: JSONSchemaSite) -> Bool {
        lhs.document == rhs.document && lhs.key == rhs.key
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(document)
        hasher.combine(key)
    }
}
