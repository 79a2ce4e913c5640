// Keywords that decide by themselves, and annotations, of which only the shape matters.

extension JSONSchemaReader {
    func assertion(
        _ keyword: String, _ value: JSONValue, _ compiler: inout JSONSchemaCompiler
    ) -> [JSONSchemaCheck]? {
        switch keyword {
        case "type":
            if let types = Self.types(value) { return [.types(types)] }
            let titles = JSONSchemaType.allCases.map(\.rawValue).joined(separator: ", ")
            refuse(keyword, "must be one of \(titles), or a list of some of them", value, &compiler)
        case "const": return [.values(JSONSchemaValues([value]))]
        case "enum":
            if let values = value.array { return [.values(JSONSchemaValues(values))] }
            refuse(keyword, "must be a list of values", value, &compiler)
        case "pattern":
            guard let pattern = value.string else {
                refuse(keyword, "must be a regular expression", value, &compiler)
                return []
            }
            do {
                return [.pattern(try ECMARegex(pattern), pattern)]
            } catch {
                compiler.report(.invalidPattern, at: site.appending([keyword]), Self.sentence(pattern, error))
            }
        case "uniqueItems":
            if let isDemanded = value.bool { return isDemanded ? [.uniqueItems] : [] }
            refuse(keyword, "must be true or false", value, &compiler)
        case "required":
            if let names = Self.names(value) { return [.required(names)] }
            refuse(keyword, "must be a list of different names", value, &compiler)
        case "dependentRequired":
            if let members = value.object, members.values.allSatisfy({ Self.names($0) != nil }) {
                return [.dependentRequired(members.map { ($0.key, Self.names($0.value) ?? []) })]
            }
            refuse(keyword, "must be an object of lists of different names", value, &compiler)
        case _: return nil
        }
        return []
    }

    /// Keywords whose value is a number.
    func limit(
        _ keyword: String, _ value: JSONValue, _ compiler: inout JSONSchemaCompiler
    ) -> [JSONSchemaCheck]? {
        if let bound = JSONSchemaBound(rawValue: keyword) {
            if value.kind == .number { return [.bound(bound, value)] }
            refuse(keyword, "must be a number", value, &compiler)
            return []
        }
        if keyword == "multipleOf" {
            if let divisor = JSONDivisor(value) { return [.multipleOf(value, divisor)] }
            refuse(keyword, "must be a number greater than 0", value, &compiler)
            return []
        }
        guard let (measure, isLeast) = Self.measures[keyword] else { return nil }
        guard let count = Self.count(value) else {
            refuse(keyword, "must be a whole number of at least 0", value, &compiler)
            return []
        }
        return measure.map { [isLeast ? .atLeast($0, count) : .atMost($0, count)] } ?? []
    }

    /// What is counted, and whether the number is the least one. `contains` reads its counts itself.
    private static let measures: [String: (JSONSchemaMeasure?, Bool)] = [
        "minLength": (.characters, true), "maxLength": (.characters, false), "minItems": (.items, true),
        "maxItems": (.items, false), "minProperties": (.properties, true), "maxProperties": (.properties, false),
        "minContains": (nil, true), "maxContains": (nil, false),
    ]

    func format(_ value: JSONValue, _ compiler: inout JSONSchemaCompiler) -> [JSONSchemaCheck] {
        guard let name = value.string else {
            refuse("format", "must be the name of a format", value, &compiler)
            return []
        }
        guard let format = JSONSchemaFormat(rawValue: name) else { return [] }
        return [.format(format, isAsserted: dialect.vocabularies.contains(.formatAssertion))]
    }

    func annotation(_ keyword: String, _ value: JSONValue, _ compiler: inout JSONSchemaCompiler) {
        let isMetaData = dialect.vocabularies.contains(.metaData)
        let isContent = dialect.vocabularies.contains(.content)
        switch keyword {
        case "title" where isMetaData, "description" where isMetaData, "contentEncoding" where isContent,
            "contentMediaType" where isContent:
            if value.string == nil { refuse(keyword, "must be a string", value, &compiler) }
        case "deprecated" where isMetaData, "readOnly" where isMetaData, "writeOnly" where isMetaData:
            if value.bool == nil { refuse(keyword, "must be true or false", value, &compiler) }
        case "examples" where isMetaData:
            if value.array == nil { refuse(keyword, "must be a list of values", value, &compiler) }
        case "contentSchema" where isContent: _ = node([keyword], &compiler)
        case _: return
        }
    }

    /// A count; one beyond any possible number of items is as good as the largest.
    static func count(_ value: JSONValue) -> Int? {
        guard JSONSchemaType.integer.includes(value), value >= .int(0) else { return nil }
        return value.int ?? .max
    }

    static func names(_ value: JSONValue) -> [String]? {
        guard let elements = value.array else { return nil }
        let names = elements.compactMap(\.string)
        return names.count == elements.count && Set(names.map(JSONKey.init)).count == names.count ? names : nil
    }

    private static func types(_ value: JSONValue) -> [JSONSchemaType]? {
        if let name = value.string { return JSONSchemaType(rawValue: name).map { [$0] } }
        guard let names = names(value), !names.isEmpty else { return nil }
        let types = names.compactMap(JSONSchemaType.init)
        return types.count == names.count ? types : nil
    }
}
