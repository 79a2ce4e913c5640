// Keywords that apply subschemas.

extension JSONSchemaReader {
    /// Subschemas for the value itself.
    func logic(
        _ keyword: String, _ value: JSONValue, _ compiler: inout JSONSchemaCompiler
    ) -> [JSONSchemaCheck]? {
        switch keyword {
        case "allOf": return list(keyword, value, &compiler).map { [.allOf($0)] } ?? []
        case "anyOf": return list(keyword, value, &compiler).map { [.anyOf($0)] } ?? []
        case "oneOf": return list(keyword, value, &compiler).map { [.oneOf($0)] } ?? []
        case "not": return [.not(node([keyword], &compiler))]
        case "if":
            let then = object["then"].map { _ in node(["then"], &compiler) }
            let otherwise = object["else"].map { _ in node(["else"], &compiler) }
            return [.condition(node([keyword], &compiler), then: then, otherwise: otherwise)]
        case "then", "else":
            _ = node([keyword], &compiler)
            return []
        case "dependentSchemas":
            return members(keyword, value, &compiler).map { [.dependentSchemas($0)] } ?? []
        case "dependencies": return dependencies(value, &compiler)
        case _: return nil
        }
    }

    /// Subschemas for members and items.
    func children(
        _ keyword: String, _ value: JSONValue, _ compiler: inout JSONSchemaCompiler
    ) -> [JSONSchemaCheck]? {
        switch keyword {
        case "properties":
            guard let members = members(keyword, value, &compiler) else { return [] }
            let pairs = members.map { (JSONKey($0.key), $0.node) }
            return [.properties(Dictionary(pairs, uniquingKeysWith: { first, _ in first }))]
        case "patternProperties":
            guard value.object != nil else {
                refuse(keyword, "must be an object of schemas", value, &compiler)
                return []
            }
            return [.patternProperties(patterns(reporting: true, &compiler))]
        case "additionalProperties":
            let known = Set(object["properties"]?.object?.keys.map(JSONKey.init) ?? [])
            let patterns = patterns(reporting: false, &compiler).map(\.regex)
            return [.additionalProperties(node([keyword], &compiler), known: known, patterns: patterns)]
        case "propertyNames": return [.propertyNames(node([keyword], &compiler))]
        case "contains": return [contains(&compiler)]
        case "prefixItems", "items", "additionalItems": return items(keyword, value, &compiler)
        case _: return nil
        }
    }

    private func items(
        _ keyword: String, _ value: JSONValue, _ compiler: inout JSONSchemaCompiler
    ) -> [JSONSchemaCheck]? {
        let isList = value.kind == .array
        switch (keyword, dialect.isDraft2019) {
        case ("prefixItems", false): return list(keyword, value, &compiler).map { [.prefixItems($0)] } ?? []
        case ("items", true) where isList: return list(keyword, value, &compiler).map { [.prefixItems($0)] } ?? []
        case ("items", true): return [.items(node([keyword], &compiler), from: 0)]
        case ("items", false):
            return [.items(node([keyword], &compiler), from: object["prefixItems"]?.array?.count ?? 0)]
        case ("additionalItems", true):
            guard let first = object["items"]?.array?.count else { return [] }
            return [.items(node([keyword], &compiler), from: first)]
        case _: return nil
        }
    }

    private func contains(_ compiler: inout JSONSchemaCompiler) -> JSONSchemaCheck {
        // The two counts are of another vocabulary, which can be left out.
        let isCounted = dialect.vocabularies.contains(.validation)
        let least = isCounted ? object["minContains"].flatMap(Self.count) : nil
        let most = isCounted ? object["maxContains"].flatMap(Self.count) : nil
        return .contains(node(["contains"], &compiler), least: least ?? 1, most: most)
    }

    private func list(_ keyword: String, _ value: JSONValue, _ compiler: inout JSONSchemaCompiler) -> [Int]? {
        guard let elements = value.array, !elements.isEmpty else {
            refuse(keyword, "must be a list of at least one schema", value, &compiler)
            return nil
        }
        return elements.indices.map { node([keyword, String($0)], &compiler) }
    }

    private func members(
        _ keyword: String, _ value: JSONValue, _ compiler: inout JSONSchemaCompiler
    ) -> [(key: String, node: Int)]? {
        guard let members = value.object else {
            refuse(keyword, "must be an object of schemas", value, &compiler)
            return nil
        }
        return members.map { ($0.key, node([keyword, $0.key], &compiler)) }
    }

    private func patterns(reporting: Bool, _ compiler: inout JSONSchemaCompiler) -> [JSONSchemaPattern] {
        var patterns: [JSONSchemaPattern] = []
        for (pattern, _) in object["patternProperties"]?.object ?? [:] {
            let node = node(["patternProperties", pattern], &compiler)
            do {
                patterns.append(JSONSchemaPattern(regex: try ECMARegex(pattern), node: node))
            } catch {
                guard reporting else { continue }
                let place = site.appending(["patternProperties", pattern])
                compiler.report(.invalidPattern, at: place, Self.sentence(pattern, error))
            }
        }
        return patterns
    }

    /// What earlier drafts had in place of `dependentSchemas` and `dependentRequired`.
    private func dependencies(_ value: JSONValue, _ compiler: inout JSONSchemaCompiler) -> [JSONSchemaCheck] {
        guard let members = value.object else {
            refuse("dependencies", "must be an object of schemas and lists of names", value, &compiler)
            return []
        }
        var schemas: [(key: String, node: Int)] = []
        var demands: [(key: String, names: [String])] = []
        for (key, value) in members {
            if value.kind == .array {
                if let names = Self.names(value) {
                    demands.append((key, names))
                } else {
                    refuse("dependencies", "must list different names", value, &compiler)
                }
            } else {
                schemas.append((key, node(["dependencies", key], &compiler)))
            }
        }
        return [.dependentSchemas(schemas), .dependentRequired(demands)]
    }

    static func sentence(_ pattern: String, _ error: ECMARegexError) -> String {
        "\(pattern.quoted) is not a regular expression: \(error.reason)."
    }
}
