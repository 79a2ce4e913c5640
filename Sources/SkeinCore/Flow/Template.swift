// Placeholders in texts. Rendering never fails: what is missing is absent or empty, and malformed braces are plain
// text.

/// JSON with placeholders in its strings: `${path}` in inputs, also `{{path}}` in a `transform`'s mapping.
///
/// A path is a ``DotPath``; white space around it does not count. Placeholders do not nest and have no escape.
public enum Template {
    /// How a placeholder is written.
    public enum Placeholder: Sendable, Hashable, CaseIterable {
        /// `${path}`
        case dollar
        /// `{{path}}`
        case mustache
    }

    /// Renders a template: strings, and those in arrays and in the values of objects. Keys and other scalars stay.
    ///
    /// A string that is exactly one placeholder becomes the value, whatever its type. A missing value there makes the
    /// whole absent: `nil` for the template itself, left out of an object, null in an array. A placeholder within other
    /// text becomes text by ``text(of:)``, and nothing when its value is missing.
    ///
    /// - Parameters:
    ///   - template: the document with placeholders.
    ///   - context: what paths are looked up in.
    ///   - roots: names that win over the context's, such as `tasks`.
    ///   - placeholders: which of them are known, `${path}` when left out.
    public static func render(
        _ template: JSONValue,
        context: JSONObject,
        roots: JSONObject = [:],
        placeholders: Set<Placeholder> = [.dollar]
    ) -> JSONValue? {
        switch template {
        case .null, .bool, .int, .decimal:
            return template
        case .string(let text):
            return render(text, context: context, roots: roots, placeholders: placeholders)
        case .array(let elements):
            return .array(
                elements.map {
                    render($0, context: context, roots: roots, placeholders: placeholders) ?? .null
                })
        case .object(let object):
            var result = JSONObject()
            for (key, value) in object {
                result[key] = render(value, context: context, roots: roots, placeholders: placeholders)
            }
            return .object(result)
        }
    }

    private static func render(
        _ text: String, context: JSONObject, roots: JSONObject, placeholders: Set<Placeholder>
    ) -> JSONValue? {
        let parts = TemplateScanner.parts(of: text, placeholders: placeholders)
        if case .path(let path)? = parts.first, parts.count == 1 {
            return DotPath(path)?.value(in: context, roots: roots)
        }
        var result = ""
        for part in parts {
            switch part {
            case .text(let text): result += text
            case .path(let path):
                if let value = DotPath(path)?.value(in: context, roots: roots) { result += Self.text(of: value) }
            }
        }
        return .string(result)
    }

    /// A value within text, as ECMAScript's `String(value)` writes it.
    ///
    /// Numbers by value with all their digits (`1.50` as `1.5`), `null`, `true` and `false` as such, arrays as their
    /// elements with commas between (null as nothing), and every object as `[object Object]`.
    public static func text(of value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .int(let value): String(value)
        case .decimal: value.text(.canonical)
        case .string(let value): value
        case .array(let elements): elements.map { $0.isNull ? "" : text(of: $0) }.joined(separator: ",")
        case .object: "[object Object]"
        }
    }
}

extension Template {
    /// Every malformed placeholder: unclosed, empty, nested, or with a path that ``DotPath`` refuses.
    ///
    /// - Parameters:
    ///   - template: the document with placeholders.
    ///   - pointer: its place, for the problems.
    ///   - placeholders: which of them are known, `${path}` when left out.
    public static func problems(
        in template: JSONValue, at pointer: JSONPointer, placeholders: Set<Placeholder> = [.dollar]
    ) -> [Problem] {
        switch template {
        case .null, .bool, .int, .decimal:
            return []
        case .string(let text):
            return TemplateScanner.objections(to: text, placeholders: placeholders).map {
                Problem(.badTemplate, at: pointer, $0)
            }
        case .array(let elements):
            return elements.enumerated().flatMap {
                problems(in: $0.element, at: pointer.appending(index: $0.offset), placeholders: placeholders)
            }
        case .object(let object):
            return object.flatMap {
                problems(in: $0.value, at: pointer.appending(key: $0.key), placeholders: placeholders)
            }
        }
    }
}
