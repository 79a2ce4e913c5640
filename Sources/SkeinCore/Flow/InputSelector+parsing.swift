// Input selectors from JSON, with every mistake reported.

extension InputSelector {
    private static let parameters: [(type: String, parameter: String?)] = [
        ("key", "key"), ("keys", "keys"), ("path", "path"), ("template", "template"), ("full", nil),
        ("static", "value"), ("jsonpath", "path"),
    ]

    /// Reads a selector.
    ///
    /// - Parameters:
    ///   - json: `{type, …}` in one of the forms the cases describe.
    ///   - pointer: its place, for problems.
    ///   - problems: receives every mistake: `BAD_SELECTOR`, `BAD_PATH`, `BAD_TEMPLATE`, `UNKNOWN_FIELD` or
    ///     `WRONG_TYPE`.
    /// - Returns: the selector, `nil` when it has a problem.
    public static func parse(
        _ json: JSONValue, at pointer: JSONPointer, into problems: inout [Problem]
    ) -> InputSelector? {
        guard let object = json.object else {
            problems.append(
                Problem(.wrongType, at: pointer, "An input selector must be an object, not \(json.kind.withArticle)."))
            return nil
        }
        guard let form = form(of: object, at: pointer, into: &problems) else { return nil }
        let before = problems.count
        let known = ["type"] + (form.parameter.map { [$0] } ?? [])
        for key in object.keys where !known.contains(key) {
            problems.append(
                Problem(
                    .unknownField, at: pointer.appending(key: key),
                    "\(key.quoted) is not a field of a \(form.type) selector\(Suggestion.phrase(for: key, among: known))"
                ))
        }
        guard let parameter = form.parameter else { return problems.count == before ? .full : nil }
        let place = pointer.appending(key: parameter)
        guard let value = object[parameter] else {
            problems.append(Problem(.badSelector, at: place, "A \(form.type) selector needs \(parameter.quoted)."))
            return nil
        }
        let selector = read(form.type, value, at: place, into: &problems)
        return problems.count == before ? selector : nil
    }

    private static func form(
        of object: JSONObject, at pointer: JSONPointer, into problems: inout [Problem]
    ) -> (type: String, parameter: String?)? {
        let types = parameters.map(\.type)
        let place = pointer.appending(key: "type")
        guard let value = object["type"] else {
            problems.append(
                Problem(
                    .badSelector, at: place, "An input selector needs a type: one of \(types.joined(separator: " "))."))
            return nil
        }
        guard let type = value.string else {
            problems.append(Problem(.wrongType, at: place, "\"type\" must be a text, not \(value.kind.withArticle)."))
            return nil
        }
        if let form = parameters.first(where: { $0.type == type }) { return form }
        problems.append(
            Problem(
                .badSelector, at: place,
                "\(type.quoted) is not a type of selector\(Suggestion.phrase(for: type, among: types)) "
                    + "There are: \(types.joined(separator: " "))."))
        return nil
    }

    private static func read(
        _ type: String, _ value: JSONValue, at place: JSONPointer, into problems: inout [Problem]
    ) -> InputSelector? {
        switch type {
        case "static": return .static(value)
        case "keys": return keys(value, at: place, into: &problems).map(InputSelector.keys)
        case "template":
            problems += Template.problems(in: value, at: place)
            return .template(value)
        case _:
            guard let text = value.string else {
                problems.append(Problem(.wrongType, at: place, "This must be a text, not \(value.kind.withArticle)."))
                return nil
            }
            return read(type, text, at: place, into: &problems)
        }
    }

    private static func read(
        _ type: String, _ text: String, at place: JSONPointer, into problems: inout [Problem]
    ) -> InputSelector? {
        switch type {
        case "path":
            if let path = DotPath(text) { return .path(path) }
            problems.append(Problem(.badPath, at: place, DotPath.objection(to: text)))
            return nil
        case "jsonpath":
            do {
                return .jsonpath(try JSONPath(text))
            } catch {
                problems.append(Problem(.badPath, at: place, "\(text.quoted) is not a JSONPath: \(error)"))
                return nil
            }
        case _:
            if text.isEmpty { problems.append(Problem(.badSelector, at: place, "The key must not be empty.")) }
            return .key(text)
        }
    }

    private static func keys(
        _ value: JSONValue, at place: JSONPointer, into problems: inout [Problem]
    ) -> [String]? {
        guard let elements = value.array else {
            problems.append(
                Problem(.wrongType, at: place, "This must be a list of texts, not \(value.kind.withArticle)."))
            return nil
        }
        return elements.enumerated().compactMap { (index, element) in
            guard let key = element.string else {
                let place = place.appending(index: index)
                problems.append(Problem(.wrongType, at: place, "This must be a text, not \(element.kind.withArticle)."))
                return nil
            }
            return key
        }
    }
}
