// The keywords of one schema: each is checked for its shape and becomes a rule. What no known vocabulary defines is
// ignored, as the draft demands.

/// Reads one schema object; used once and thrown away.
struct JSONSchemaReader {
    let site: JSONSchemaSite
    let object: JSONObject
    let resource: JSONSchemaRegistry.Resource

    var dialect: JSONSchemaDialect { resource.dialect }

    mutating func rules(_ compiler: inout JSONSchemaCompiler) -> [JSONSchemaRule] {
        var rules: [JSONSchemaRule] = []
        for (keyword, value) in object {
            for check in checks(keyword, value, &compiler) {
                rules.append(JSONSchemaRule(keyword: keyword, check: check))
            }
        }
        return rules
    }

    private func checks(
        _ keyword: String, _ value: JSONValue, _ compiler: inout JSONSchemaCompiler
    ) -> [JSONSchemaCheck] {
        if let checks = core(keyword, value, &compiler) { return checks }
        if dialect.vocabularies.contains(.applicator) {
            if let checks = logic(keyword, value, &compiler) { return checks }
            if let checks = children(keyword, value, &compiler) { return checks }
        }
        if dialect.vocabularies.contains(.unevaluated), let node = unevaluated(keyword, &compiler) {
            return [keyword == "unevaluatedItems" ? .unevaluatedItems(node) : .unevaluatedProperties(node)]
        }
        if dialect.vocabularies.contains(.validation) {
            if let checks = assertion(keyword, value, &compiler) { return checks }
            if let checks = limit(keyword, value, &compiler) { return checks }
        }
        if !dialect.vocabularies.isDisjoint(with: [.formatAnnotation, .formatAssertion]), keyword == "format" {
            return format(value, &compiler)
        }
        annotation(keyword, value, &compiler)
        return []
    }

    /// References and identifiers. Identifiers have been read before; only their shape is checked here.
    private func core(
        _ keyword: String, _ value: JSONValue, _ compiler: inout JSONSchemaCompiler
    ) -> [JSONSchemaCheck]? {
        switch keyword {
        case "$ref": return reference(keyword, value, &compiler).map { [.reference($0.node)] } ?? []
        case "$dynamicRef" where !dialect.isDraft2019:
            guard let (node, target, name) = reference(keyword, value, &compiler) else { return [] }
            let owner = compiler.registry.owner(of: target)
            let isDynamic = compiler.registry.resources[owner].dynamicAnchors[name] == target
            return [.dynamicReference(node, isDynamic ? name : nil)]
        case "$recursiveRef" where dialect.isDraft2019:
            refuse(keyword, "Recursive references of draft 2019-09 are not supported.", &compiler)
        case "$id", "$schema", "$comment":
            if value.string == nil { refuse(keyword, "must be a string", value, &compiler) }
        case "$anchor", "$dynamicAnchor":
            guard let name = value.string, Self.isAnchor(name) else {
                refuse(keyword, "must be a name of letters, digits, -, . and _", value, &compiler)
                return []
            }
        case "$vocabulary":
            if value.object?.values.allSatisfy({ $0.bool != nil }) != true {
                refuse(keyword, "must be an object of booleans", value, &compiler)
            }
        case "$defs", "definitions":
            if value.object == nil { refuse(keyword, "must be an object of schemas", value, &compiler) }
        case _: return nil
        }
        return []
    }

    private func reference(
        _ keyword: String, _ value: JSONValue, _ compiler: inout JSONSchemaCompiler
    ) -> (node: Int, target: JSONSchemaSite, name: String)? {
        guard let text = value.string else {
            refuse(keyword, "must be a string", value, &compiler)
            return nil
        }
        let uri = URIReference(text).resolved(against: resource.uri)
        guard let target = compiler.target(of: uri, named: text, at: site.appending([keyword])) else { return nil }
        return (compiler.node(at: target), target, uri.fragment ?? "")
    }

    private static func isAnchor(_ name: String) -> Bool {
        guard let first = name.unicodeScalars.first, first.isASCIILetter || first == "_" else { return false }
        return name.unicodeScalars.allSatisfy {
            $0.isASCIILetter || $0.isASCIIDigit || $0 == "-" || $0 == "." || $0 == "_"
        }
    }

    private func unevaluated(_ keyword: String, _ compiler: inout JSONSchemaCompiler) -> Int? {
        guard keyword == "unevaluatedItems" || keyword == "unevaluatedProperties" else { return nil }
        return node([keyword], &compiler)
    }

    /// The subschema at a place below this one.
    func node(_ tokens: [String], _ compiler: inout JSONSchemaCompiler) -> Int {
        compiler.node(at: site.appending(tokens))
    }

    /// Reports a value of a wrong kind.
    func refuse(_ keyword: String, _ demand: String, _ value: JSONValue, _ compiler: inout JSONSchemaCompiler) {
        refuse(keyword, "\(keyword) \(demand), not \(value.summary).", &compiler)
    }

    func refuse(_ keyword: String, _ message: String, _ compiler: inout JSONSchemaCompiler) {
        compiler.report(.invalidKeyword, at: site.appending([keyword]), message)
    }
}
