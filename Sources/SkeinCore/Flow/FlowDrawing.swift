// A flow as nodes and edges, for people: what every picture of it is drawn from.

/// The picture of a flow before it has a form.
public struct FlowDrawing: Sendable, Hashable {
    /// What lets an execution pass an edge.
    public enum Way: String, Sendable, Hashable, CaseIterable {
        case success, failure, resume, skip
        /// A success, at a step that waits for others, too.
        case join
        /// The handler chose this step among those that its parameters name.
        case choice
    }

    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// A first step.
        case start
        case step
        /// Several branches begin behind it.
        case fork
        /// It is entered by the last of several steps.
        case join
    }

    public struct Node: Sendable, Hashable {
        public var id: StepID
        public var type: String
        public var kind: Kind
        /// Of an execution: where it stands with the step.
        public var status: String?
    }

    public struct Edge: Sendable, Hashable {
        public var from: StepID
        public var to: StepID
        public var on: Way
    }

    public var title: String
    public var nodes: [Node]
    public var edges: [Edge]

    /// The picture of a flow.
    ///
    /// - Parameter statuses: of an execution's steps.
    public init(_ graph: FlowGraph, statuses: [StepID: String] = [:]) {
        title = "\(graph.spec.id) \(graph.spec.version)"
        let initial = Set(graph.spec.initialStepIDs)
        nodes = graph.nodes.map { node in
            let kind: Kind =
                initial.contains(node.id)
                ? .start : node.join.count > 1 ? .join : node.onSuccess.count > 1 ? .fork : .step
            return Node(id: node.id, type: node.type, kind: kind, status: statuses[node.id])
        }
        edges = []
        for node in graph.nodes {
            func add(_ targets: [Int], _ way: Way) {
                for target in targets {
                    let next = graph.nodes[target]
                    let isJoin = way == .success && next.join.count > 1 && next.join.contains(node.id)
                    edges.append(Edge(from: node.id, to: next.id, on: isJoin ? .join : way))
                }
            }
            add(node.onSuccess, .success)
            add(node.onFailure, .failure)
            if node.onResume != node.onSuccess { add(node.onResume, .resume) }
            if node.when != nil, node.onSkip != node.onSuccess { add(node.onSkip, .skip) }
            let known = Set(node.onSuccess + node.onFailure + node.onResume)
            add(Self.choices(of: node, in: graph).filter { !known.contains($0) }, .choice)
        }
    }

    /// The steps that the parameters of a `conditional` or `switch` name, each once.
    private static func choices(of node: FlowGraph.Node, in graph: FlowGraph) -> [Int] {
        guard node.type == "conditional" || node.type == "switch" else { return [] }
        var targets = (node.config["conditions"]?.array ?? []).compactMap { $0["target"]?.string }
        targets += (node.config["cases"]?.object?.values.map(\.self) ?? []).compactMap(\.string)
        targets += [node.config["default"]?.string].compactMap(\.self)
        var found: [Int] = []
        for index in targets.compactMap({ graph.index(of: StepID($0)) }) where !found.contains(index) {
            found.append(index)
        }
        return found
    }

    /// `{title, nodes: [{id, type, kind, status?}], edges: [{from, to, on}]}`.
    public var json: JSONValue {
        [
            "title": .string(title),
            "nodes": .array(
                nodes.map { node in
                    var object: JSONObject = [
                        "id": .string(node.id.rawValue), "type": .string(node.type),
                        "kind": .string(node.kind.rawValue),
                    ]
                    object["status"] = node.status.map { .string($0) }
                    return .object(object)
                }),
            "edges": .array(
                edges.map { edge in
                    [
                        "from": .string(edge.from.rawValue), "to": .string(edge.to.rawValue),
                        "on": .string(edge.on.rawValue),
                    ]
                }),
        ]
    }
}
