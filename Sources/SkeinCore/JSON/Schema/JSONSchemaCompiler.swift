// From documents to a program. Every subschema is compiled once, from a list of those still to do, so that neither deep
// documents nor cycles of references need recursion.

/// Compiles one schema; used once and thrown away.
struct JSONSchemaCompiler {
    var registry: JSONSchemaRegistry
    private var nodes: [JSONSchemaNode.Draft] = []
    private var numbers: [JSONSchemaSite: Int] = [:]
    private var pending: [JSONSchemaSite] = []
    private var resources: [Int: JSONSchemaProgram.Resource] = [:]
    private var problems: [JSONSchemaProblem] = []

    /// More problems than this help nobody.
    private static let maxProblems = 1000

    init(resources: [String: JSONValue]) {
        registry = JSONSchemaRegistry(resources: resources)
    }

    mutating func compile(_ document: JSONValue) throws(JSONSchemaError) -> JSONSchemaProgram {
        let site = registry.add(document, uri: "")
        if registry.problems.contains(where: { $0.code == .tooComplex }) {
            throw JSONSchemaError(problems: registry.problems)
        }
        let root = node(at: site)
        for site in registry.sites { _ = node(at: site) }
        var next = 0
        while next < pending.count, problems.count < Self.maxProblems {
            compile(pending[next])
            next += 1
        }
        let all = registry.problems + problems
        guard all.isEmpty else { throw JSONSchemaError(problems: all) }
        let count = (resources.keys.max() ?? 0) + 1
        return JSONSchemaProgram(
            nodes: nodes.map(JSONSchemaNode.init),
            resources: (0..<count).map { resources[$0] ?? JSONSchemaProgram.Resource() }, root: root)
    }

    /// The number of the subschema at a place, which is compiled later.
    mutating func node(at site: JSONSchemaSite) -> Int {
        if let number = numbers[site] { return number }
        let number = nodes.count
        let owner = registry.owner(of: site)
        numbers[site] = number
        nodes.append(JSONSchemaNode.Draft(resource: owner, location: location(of: site, in: owner)))
        pending.append(site)
        if resources[owner] == nil {
            resources[owner] = JSONSchemaProgram.Resource()
            // Dynamic references can lead to any of these once the resource is in scope.
            for (name, place) in registry.resources[owner].dynamicAnchors {
                let target = node(at: place)
                resources[owner]?.dynamicAnchors[name] = target
            }
        }
        return number
    }

    private func location(of site: JSONSchemaSite, in owner: Int) -> String {
        let resource = registry.resources[owner]
        let tokens = site.pointer.tokens.dropFirst(resource.site.pointer.tokens.count)
        return "\(resource.uri)#\(JSONPointer(tokens: Array(tokens)))"
    }

    private mutating func compile(_ site: JSONSchemaSite) {
        guard let number = numbers[site], let value = registry.value(at: site) else { return }
        switch value {
        case .bool(let verdict): nodes[number].verdict = verdict
        case .object(let object):
            let resource = registry.resources[nodes[number].resource]
            var reader = JSONSchemaReader(site: site, object: object, resource: resource)
            let rules = reader.rules(&self)
            nodes[number].rules = rules
        case .null, .int, .decimal, .string, .array:
            report(.invalidKeyword, at: site, "A schema must be an object or a boolean, not \(value.summary).")
        }
    }

    /// The subschema a reference of a schema leads to; reports when there is none.
    mutating func target(of reference: URIReference, named text: String, at site: JSONSchemaSite) -> JSONSchemaSite? {
        guard let target = registry.site(of: reference) else {
            report(.unresolvedReference, at: site, "The reference \(text.quoted) leads nowhere.")
            return nil
        }
        return target
    }

    mutating func report(_ code: JSONSchemaProblem.Code, at site: JSONSchemaSite, _ message: String) {
        let problem = registry.problem(code, at: site, message)
        problems.append(problem)
    }
}
