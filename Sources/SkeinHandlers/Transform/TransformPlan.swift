import SkeinCore

/// What a `transform` step does, read from its config.
enum TransformPlan {
    case mapping([(key: String, value: TransformExpression)])
    case pick([DotPath])
    case omit([DotPath])
    case list(ListOperation)

    private static let names = ["mapping", "pick", "omit", "filter", "map", "reduce"]

    init(_ config: JSONObject) throws(TransformError) {
        let config = try Self.modern(config)
        let found = Self.names.filter { config[$0].map { !$0.isNull } ?? false }
        guard let name = found.first, found.count == 1, let value = config[name] else {
            let what = found.isEmpty ? "none" : found.joined(separator: " and ")
            throw TransformError(
                "a transform needs exactly one of mapping, pick, omit, filter, map and reduce; it has \(what)")
        }
        switch name {
        case "mapping": self = .mapping(try Self.mapping(value))
        case "pick": self = .pick(try Self.paths(value, name))
        case "omit": self = .omit(try Self.paths(value, name))
        case _:
            do {
                self = .list(try ListOperation(name, value))
            } catch {
                throw error.under(name)
            }
        }
    }

    /// FlowMonkey's `operation` and `keys` under the names used here.
    private static func modern(_ config: JSONObject) throws(TransformError) -> JSONObject {
        guard let operation = config["operation"], !operation.isNull else { return config }
        guard let name = operation.string, ["map", "pick", "omit"].contains(name) else {
            throw TransformError("an operation must be map, pick or omit, not \(operation.text())", at: "operation")
        }
        var modern = config
        if name != "map", modern[name] == nil { modern[name] = config["keys"] }
        guard modern[name == "map" ? "mapping" : name] != nil else {
            throw TransformError("the operation \(name) needs \(name == "map" ? "mapping" : "keys")", at: "operation")
        }
        return modern
    }

    private static func mapping(
        _ json: JSONValue
    ) throws(TransformError) -> [(key: String, value: TransformExpression)] {
        guard let object = json.object else { throw TransformError("must be an object", at: "mapping") }
        var members: [(key: String, value: TransformExpression)] = []
        for (key, value) in object {
            do {
                members.append((key, try TransformExpression(value)))
            } catch {
                throw error.under(key).under("mapping")
            }
        }
        return members
    }

    private static func paths(_ json: JSONValue, _ name: String) throws(TransformError) -> [DotPath] {
        guard let elements = json.array else { throw TransformError("must be a list of paths", at: name) }
        var paths: [DotPath] = []
        for (index, element) in elements.enumerated() {
            guard let path = element.string.flatMap({ DotPath($0) }) else {
                throw TransformError("\(element.text().prefix(100)) is not a dotted path", at: name, String(index))
            }
            paths.append(path)
        }
        return paths
    }

    func apply(to input: JSONValue) throws(TransformError) -> JSONValue {
        switch self {
        case .mapping(let members):
            var result = JSONObject()
            for (key, value) in members {
                do {
                    result[key] = try value.value(in: input)
                } catch {
                    throw error.under(key).under("mapping")
                }
            }
            return .object(result)
        case .pick(let paths):
            let object = try Self.object(input, for: "pick")
            var result = JSONObject()
            for path in paths {
                if let value = object[path.text] {
                    result[path.text] = value
                } else if let value = path.value(in: input) {
                    path.set(value, in: &result)
                }
            }
            return .object(result)
        case .omit(let paths):
            var object = try Self.object(input, for: "omit")
            for path in paths where object.removeValue(forKey: path.text) == nil {
                object = Self.removing(path.segments[...], from: .object(object)).object ?? object
            }
            return .object(object)
        case .list(let operation):
            return try operation.apply(to: input)
        }
    }

    private static func object(_ input: JSONValue, for operation: String) throws(TransformError) -> JSONObject {
        guard let object = input.object else {
            throw TransformError("the input must be an object, not \(input.kind.rawValue)", at: operation)
        }
        return object
    }

    private static func removing(_ segments: ArraySlice<String>, from value: JSONValue) -> JSONValue {
        guard let first = segments.first, var object = value.object, let child = object[first] else { return value }
        if segments.count == 1 {
            object.removeValue(forKey: first)
        } else {
            object[first] = removing(segments.dropFirst(), from: child)
        }
        return .object(object)
    }
}
