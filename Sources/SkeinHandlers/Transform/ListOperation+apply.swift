import SkeinCore

extension ListOperation {
    func apply(to document: JSONValue) throws(TransformError) -> JSONValue {
        switch self {
        case .select(let query):
            return .array(try TransformExpression.select(query, from: document))
        case .filter(let items, let predicate):
            return .array(try Self.filter(try Self.list(items, document), predicate))
        case .map(let items, let result):
            let elements = try Self.list(items, document)
            var values: [JSONValue] = []
            values.reserveCapacity(elements.count)
            for (index, element) in elements.enumerated() { values.append(try Self.make(result, element, index)) }
            return .array(values)
        case .reduce(let items, let of, let reduction, let separator):
            var values = try Self.list(items, document)
            if let of {
                var chosen: [JSONValue] = []
                for (index, element) in values.enumerated() {
                    if let value = try of.value(in: element, names: Self.names(element, index)) { chosen.append(value) }
                }
                values = chosen
            }
            return try reduction.apply(to: values, separator: separator)
        }
    }

    private static func list(_ items: TransformExpression, _ document: JSONValue) throws(TransformError) -> [JSONValue]
    {
        let value = try items.value(in: document)
        guard let list = value?.array else {
            throw TransformError("leads to \(value.map { $0.kind.rawValue } ?? "nothing"), not to a list", at: "items")
        }
        return list
    }

    private static func names(_ element: JSONValue, _ index: Int) -> JSONObject {
        ["item": element, "index": .int(Int64(index))]
    }

    private static func filter(_ elements: [JSONValue], _ predicate: Predicate) throws(TransformError) -> [JSONValue] {
        switch predicate {
        case .filter(let query):
            return try TransformExpression.select(query, from: .array(elements))
        case .query(let query):
            var kept: [JSONValue] = []
            for element in elements {
                let values = try TransformExpression.select(query, from: element)
                if values.contains(where: { $0 != .null && $0 != .bool(false) }) { kept.append(element) }
            }
            return kept
        case .condition(let condition):
            var kept: [JSONValue] = []
            for (index, element) in elements.enumerated() {
                do {
                    if try condition.evaluate(names(element, index), roots: element.object ?? [:]) {
                        kept.append(element)
                    }
                } catch {
                    throw TransformError(error.message, at: "where")
                }
            }
            return kept
        }
    }

    private static func make(_ result: Result, _ element: JSONValue, _ index: Int) throws(TransformError) -> JSONValue {
        let names = names(element, index)
        switch result {
        case .value(let expression):
            return try expression.value(in: element, names: names) ?? .null
        case .object(let members):
            var object = JSONObject()
            for (key, value) in members { object[key] = try value.value(in: element, names: names) }
            return .object(object)
        }
    }
}
