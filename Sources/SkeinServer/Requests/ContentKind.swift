import HTTPTypes
import SkeinCore

/// What a body is written in.
enum ContentKind {
    case json, yaml

    private static let yamlTypes: Set = ["application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"]

    /// JSON when the request does not say. Parameters other than the character set are ignored.
    static func of(_ headers: HTTPFields, yaml: Bool) throws -> ContentKind {
        if let encoding = headers[.contentEncoding]?.lowercased(), encoding != "identity" {
            throw HTTPProblem(
                .unsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE",
                "The content encoding \(encoding.quoted) is not accepted.")
        }
        guard let field = headers[.contentType] else { return .json }
        let parts = field.lowercased().split(separator: ";").map { $0.trimmed }
        guard let type = parts.first, !type.isEmpty else { return .json }
        for part in parts.dropFirst() where part.hasPrefix("charset=") {
            let name = part.dropFirst("charset=".count).filter { $0 != "\"" }
            guard ["utf-8", "utf8", "us-ascii"].contains(name) else { throw refused(field, yaml) }
        }
        if type == "application/json" || type.hasPrefix("application/") && type.hasSuffix("+json") { return .json }
        guard yaml, yamlTypes.contains(type) else { throw refused(field, yaml) }
        return .yaml
    }

    private static func refused(_ field: String, _ yaml: Bool) -> HTTPProblem {
        let accepted = yaml ? "application/json or application/yaml" : "application/json"
        return HTTPProblem(
            .unsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE",
            "The content type \(field.quoted) is not accepted here; send \(accepted) in UTF-8.")
    }
}
