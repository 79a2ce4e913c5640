import HTTPTypes
import Hummingbird
import Skein
import SkeinCore

/// A request and the ways of reading it.
struct APIRequest: Sendable {
    let request: Request
    let context: APIContext
    let bodyLimit: Int

    var headers: HTTPFields { request.headers }

    /// A parameter of the path, decoded.
    func parameter(_ name: String) -> String {
        let raw = context.parameters.get(name) ?? ""
        return raw.percentDecoded ?? raw
    }

    /// The execution the path names. What is no id names no execution.
    func executionID() throws -> ExecutionID {
        let text = parameter("id")
        guard let id = ExecutionID(text) else {
            throw EngineError(.executionNotFound, "there is no execution \(text.shortened)")
        }
        return id
    }

    /// Reads the query; `known` are the parameters that exist here.
    func query<Result>(_ known: [String], _ read: (inout QueryReader) -> Result) throws -> Result {
        var reader = QueryReader(request.uri.query, known: known)
        let result = read(&reader)
        try reader.finish()
        return result
    }

    /// For paths whose query says nothing.
    func noQuery() throws {
        try query([]) { _ in }
    }

    /// The JSON body; nil when there is none.
    func document() async throws -> JSONValue? {
        try await document(yaml: false)
    }

    /// The JSON or YAML body; nil when there is none.
    func document(yaml: Bool) async throws -> JSONValue? {
        let bytes = try await BodyCollector(limit: bodyLimit).bytes(of: request)
        guard !bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }) else { return nil }
        switch try ContentKind.of(headers, yaml: yaml) {
        case .json: return try JSONValue(parsing: bytes, limits: JSONLimits(maxBytes: bodyLimit))
        case .yaml: return try YAMLDocument.value(of: bytes)
        }
    }

    /// The members of a body that may be absent; all problems are reported at once.
    func members<Result>(_ known: [String], hints: [String: String] = [:], _ read: (inout BodyReader) throws -> Result)
        async throws -> Result
    {
        var reader = try BodyReader(await document(), known: known, hints: hints)
        let result = try read(&reader)
        try reader.finish()
        return result
    }
}
