// What a step gets to see of its execution's context.

/// How a step's input is made from the context. A step without one gets the whole context.
public enum InputSelector: Sendable, Hashable {
    /// `{type: "key", key}`: one top-level member; its name may contain dots.
    case key(String)
    /// `{type: "keys", keys}`: an object of those top-level members that exist.
    case keys([String])
    /// `{type: "path", path}`: one value anywhere.
    case path(DotPath)
    /// `{type: "template", template}`: a document with placeholders.
    case template(JSONValue)
    /// `{type: "full"}`: the whole context.
    case full
    /// `{type: "static", value}`: always the same value.
    case `static`(JSONValue)
    /// `{type: "jsonpath", path}`: what a query of RFC 9535 selects.
    case jsonpath(JSONPath)
    /// Task graphs' `inputs`: an object of what each path selects, null for nothing.
    case paths([NamedPath])

    /// The input for a context; `nil` when there is none, which handlers see as null.
    ///
    /// - `key` and `path` are absent when the value is missing; a null at the place is null.
    /// - `keys` gives an object in the selector's order, empty when none of them exists.
    /// - `template` keeps the type of a string that is exactly one placeholder; see ``Template``.
    /// - `full` and `static` are never absent.
    /// - `jsonpath` gives the node of a query of names and indices, and the list of all nodes for any other query.
    ///
    /// - Parameters:
    ///   - context: the execution's context.
    ///   - roots: names that `path`, `template` and `jsonpath` see beside the context's, and before them.
    /// - Throws: ``BudgetExceeded`` for a `jsonpath` that visits too much of the context.
    public func resolve(context: JSONObject, roots: JSONObject = [:]) throws(BudgetExceeded) -> JSONValue? {
        switch self {
        case .key(let key):
            return context[key]
        case .keys(let keys):
            var result = JSONObject()
            for key in keys { result[key] = context[key] }
            return .object(result)
        case .path(let path):
            return path.value(in: context, roots: roots)
        case .template(let template):
            return Template.render(template, context: context, roots: roots)
        case .full:
            return .object(context)
        case .static(let value):
            return value
        case .jsonpath(let query):
            return try query.value(in: context, roots: roots)
        case .paths(let paths):
            var result = JSONObject()
            for named in paths { result[named.name] = try named.path.value(in: context, roots: roots) ?? .null }
            return .object(result)
        }
    }
}
