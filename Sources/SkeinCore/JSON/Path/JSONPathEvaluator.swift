// Applies a query to a document, counting what it costs. The document's depth costs no stack.

/// A value with its place.
struct JSONPathNode: Sendable {
    let value: JSONValue
    let location: JSONPathLocation

    /// The children in order; none for scalars.
    var children: [JSONPathNode] {
        switch value {
        case .array(let elements):
            elements.enumerated().map { JSONPathNode(value: $0.element, location: location.element($0.offset)) }
        case .object(let object):
            object.map { JSONPathNode(value: $0.value, location: location.member($0.key)) }
        case .null, .bool, .int, .decimal, .string:
            []
        }
    }
}

/// One evaluation; used once and thrown away.
struct JSONPathEvaluator {
    let root: JSONValue
    let maxNodes: Int
    var stepsLeft: Int
    /// Patterns that came from the document; invalid ones are remembered too.
    var patterns: [JSONKey: IRegexp?] = [:]

    static let maxPatterns = 64

    init(root: JSONValue, budget: JSONPathBudget) {
        self.root = root
        maxNodes = budget.maxNodes
        stepsLeft = budget.maxSteps
    }

    mutating func spend(_ steps: Int) throws(JSONPathError) {
        guard steps <= stepsLeft else { throw .budgetExceeded }
        stepsLeft -= steps
    }

    /// The nodes of a query that starts at a node.
    mutating func nodes(of query: JSONPathQuery, at start: JSONPathNode) throws(JSONPathError) -> [JSONPathNode] {
        var current = [start]
        for segment in query.segments {
            var next: [JSONPathNode] = []
            for node in current {
                if segment.isDescendant {
                    try selectFromDescendants(of: node, segment.selectors, into: &next)
                } else {
                    try select(segment.selectors, from: node, into: &next)
                }
            }
            current = next
        }
        return current
    }

    /// Goes through a node and all below it, parents before children.
    private mutating func selectFromDescendants(
        of node: JSONPathNode, _ selectors: [JSONPathSelector], into result: inout [JSONPathNode]
    ) throws(JSONPathError) {
        var pending = [node]
        while let next = pending.popLast() {
            try select(selectors, from: next, into: &result)
            let children = next.children
            try spend(children.count)
            pending.append(contentsOf: children.reversed())
        }
    }

    private mutating func select(
        _ selectors: [JSONPathSelector], from node: JSONPathNode, into result: inout [JSONPathNode]
    ) throws(JSONPathError) {
        for selector in selectors {
            try spend(1)
            switch selector {
            case .name(let name):
                guard let value = node.value[name] else { continue }
                result.append(JSONPathNode(value: value, location: node.location.member(name)))
            case .index(let index):
                guard case .array(let elements) = node.value else { continue }
                try append(elements, [index >= 0 ? index : elements.count + index], of: node, into: &result)
            case .slice(let slice):
                guard case .array(let elements) = node.value else { continue }
                try append(elements, slice.indices(count: elements.count), of: node, into: &result)
            case .wildcard:
                let children = node.children
                try spend(children.count)
                result.append(contentsOf: children)
            case .filter(let condition):
                for child in node.children where try holds(condition, for: child) {
                    result.append(child)
                }
            }
            guard result.count <= maxNodes else { throw .budgetExceeded }
        }
    }

    private mutating func append(
        _ elements: [JSONValue], _ indices: some Sequence<Int>, of node: JSONPathNode, into result: inout [JSONPathNode]
    ) throws(JSONPathError) {
        for index in indices where elements.indices.contains(index) {
            try spend(1)
            result.append(JSONPathNode(value: elements[index], location: node.location.element(index)))
        }
    }
}
