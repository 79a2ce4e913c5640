// Flows and handlers of an engine.

public import SkeinCore
import Synchronization

/// What a registration did.
public struct RegisteredFlow: Sendable {
    public var flow: FlowSpec
    /// False: the same definition was there already.
    public var isNew: Bool
    public var warnings: [Problem]
}

extension Engine {
    /// Checks a definition and reports every problem at once; nothing is stored.
    public func validate(_ definition: JSONValue) -> FlowValidation {
        FlowSpec.validate(definition, knownTypes: Set(handlers.types)) { type, config in
            self.handlers[ofType: type]?.configCheck?(config) ?? []
        }
    }

    /// Stores a definition under its id and version. A version never changes: the same content again is fine, another
    /// is a conflict.
    ///
    /// A task graph may leave its version out: an edited one gets the next patch version, an unedited one the version it
    /// has.
    ///
    /// - Parameter strict: step types that no handler has are errors instead of warnings.
    /// - Throws: `flowInvalid` with every problem, `flowConflict`.
    @discardableResult
    public func register(_ definition: JSONValue, strict: Bool = false) async throws -> RegisteredFlow {
        let validation = validate(definition)
        let problems = validation.errors + (strict ? validation.warnings : [])
        guard let spec = validation.spec, problems.isEmpty else {
            throw EngineError(
                .flowInvalid, "the flow has \(problems.count) problem\(problems.count == 1 ? "" : "s")",
                problems: problems)
        }
        guard spec.hasVersion else { return try await registerLatest(definition.object ?? [:], strict: strict) }
        switch try await store.register(spec) {
        case .new: return RegisteredFlow(flow: spec, isNew: true, warnings: validation.warnings)
        case .identical: return RegisteredFlow(flow: spec, isNew: false, warnings: validation.warnings)
        case .conflict:
            throw EngineError(
                .flowConflict,
                "the flow '\(spec.id)' exists in version \(spec.version) with another content; give the new one a new version"
            )
        }
    }

    /// Registers the latest version of a flow that the engine itself makes, once.
    ///
    /// - Parameter ifNone: only where the store has no version of it.
    func publish(_ definition: JSONObject, ifNone: Bool = false) async throws {
        let id = definition["id"]?.string ?? ""
        guard published.withLock({ $0[id] }) != definition else { return }
        let isKnown = ifNone ? try await !store.versions(of: id).isEmpty : false
        if !isKnown { _ = try await registerLatest(definition) }
        published.withLock { published in
            // Workers outside name what they like.
            if published.count >= 10_000 { published = [:] }
            published[id] = definition
        }
    }

    func isPublished(_ id: String) -> Bool { published.withLock { $0[id] != nil } }

    /// Registers a definition that has no version as the latest: under the version that is the latest, if that is the same,
    /// else under the next patch.
    func registerLatest(_ definition: JSONObject, strict: Bool = false) async throws -> RegisteredFlow {
        let id = definition["id"]?.string ?? ""
        while true {
            var next = "1.0.0"
            if let text = try await store.versions(of: id).first, let latest = SemanticVersion(text) {
                let known = try await store.flow(id, version: text)
                var same = definition
                same["version"] = .string(text)
                next = known.map { $0.sameContent(as: .object(same)) } == true ? text : latest.nextPatch
            }
            var object = definition
            object["version"] = .string(next)
            do {
                return try await register(.object(object), strict: strict)
            } catch let error as EngineError where error.code == .flowConflict {
                // Somebody else took that number.
            }
        }
    }

    /// The definition as it was registered. Version nil: the latest.
    public func flow(_ id: String, version: String? = nil) async throws -> JSONValue {
        guard let json = try await store.flow(id, version: version) else {
            throw EngineError(
                .flowNotFound, version.map { "there is no flow '\(id)' in version \($0)" } ?? "there is no flow '\(id)'"
            )
        }
        return json
    }

    /// Registers a handler under its type. Attempts that run keep the one they started with.
    public func handle<H: Handler>(_ handler: H) {
        handlers.register(AnyHandler(handler))
    }

    /// Registers a closure as the handler of a type: JSON in, JSON out.
    public func handle(
        _ type: String,
        _ body: @escaping @concurrent @Sendable (JSONValue, StepContext) async throws -> StepResult<JSONValue>
    ) {
        handlers.register(AnyHandler(HandlerMetadata(type: type), body))
    }

    /// Registers a closure with a typed input.
    public func handle<Input: Decodable & Sendable>(
        _ type: String,
        _ body: @escaping @concurrent @Sendable (Input, StepContext) async throws -> StepResult<JSONValue>
    ) {
        handlers.register(
            AnyHandler(HandlerMetadata(type: type)) { input, step in try await body(AnyHandler.decode(input), step) })
    }
}

extension JSONValue {
    /// The same members and values, whatever their order.
    fileprivate func sameContent(as other: JSONValue) -> Bool {
        serialized(.canonical) == other.serialized(.canonical)
    }
}
