public import SkeinCore

/// A handler by its type name: JSON in, JSON out. What the registry holds and the engine calls.
public final class AnyHandler: Sendable {
    /// Runs where its caller runs, which is never on an actor.
    public typealias Body = @Sendable (JSONValue, StepContext) async throws -> StepResult<JSONValue>

    public let metadata: HandlerMetadata
    public let body: Body
    /// It does tasks, of which an instance runs a limited number at once.
    let isTask: Bool
    /// Finds mistakes in a step's `config` that are certain without running it, with pointers from the config. A flow
    /// with such a mistake is refused.
    public let configCheck: (@Sendable (JSONObject) -> [Problem])?

    public init(
        _ metadata: HandlerMetadata, configCheck: (@Sendable (JSONObject) -> [Problem])? = nil, _ body: @escaping Body
    ) {
        self.metadata = metadata
        isTask = metadata.type.hasPrefix(TaskDefinition.prefix)
        self.configCheck = configCheck
        self.body = body
    }

    /// Decodes the input and encodes the output of a typed handler. Input that does not decode fails the step with
    /// INPUT_ERROR, without a retry.
    public convenience init<H: Handler>(_ handler: H, configCheck: (@Sendable (JSONObject) -> [Problem])? = nil) {
        self.init(H.metadata, configCheck: configCheck) { input, step in
            let decoded: H.Input = try AnyHandler.decode(input)
            switch try await handler.execute(decoded, step) {
            case .completed(let output, let next): return .completed(try AnyHandler.encode(output), next: next)
            case .failed(let failure): return .failed(failure)
            case .wait(let request): return .wait(request)
            case .children(let request): return .children(request)
            }
        }
    }

    static func decode<T: Decodable>(_ input: JSONValue) throws -> T {
        if let value = input as? T { return value }
        do {
            return try JSONValueDecoder().decode(T.self, from: input)
        } catch {
            throw StepFailure("INPUT_ERROR", "the step's input does not fit the handler: \(error)", isRetryable: false)
        }
    }

    static func encode(_ output: some Encodable) throws -> JSONValue {
        if let value = output as? JSONValue { return value }
        return try JSONValueEncoder().encode(output)
    }
}
