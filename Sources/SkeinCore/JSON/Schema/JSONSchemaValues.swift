// The values of `enum` and `const`.

/// A list of values to be one of.
struct JSONSchemaValues: Sendable {
    let list: [JSONValue]
    /// Looked up at once, whatever their number is.
    private let scalars: Set<JSONValue>
    /// Arrays and objects are compared one by one: hashing a hostile one could cost more than comparing.
    private let containers: [JSONValue]
    private let containerCost: Int

    init(_ list: [JSONValue]) {
        self.list = list
        containers = list.filter { $0.kind == .array || $0.kind == .object }
        scalars = Set(list.filter { $0.kind != .array && $0.kind != .object })
        containerCost = containers.reduce(0) { cost, value in
            cost + ((try? value.measured(maxDepth: .max, maxCount: .max)) ?? 1)
        }
    }

    /// What looking a value up costs at most.
    func cost(of value: JSONValue) -> Int {
        value.kind == .array || value.kind == .object ? containerCost : 1
    }

    func contains(_ value: JSONValue) -> Bool {
        value.kind == .array || value.kind == .object ? containers.contains(value) : scalars.contains(value)
    }
}
