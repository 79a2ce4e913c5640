import SkeinCore
import Synchronization

/// Compiled flows by id and version. A version never changes, so it is read once; which version is the latest is asked
/// every time.
final class FlowCache: Sendable {
    private struct Key: Hashable {
        var id: String
        var version: String
    }

    private let store: any ExecutionStore
    private let policy: DecisionPolicy
    private let flows = Mutex<[Key: CompiledFlow]>([:])
    private let latest = Coalescer<String, JSONValue?>()

    /// More versions than this at once: the cache starts over.
    private static let limit = 10_000

    init(store: any ExecutionStore, policy: DecisionPolicy) {
        self.store = store
        self.policy = policy
    }

    /// - Throws: `EngineError.flowNotFound`.
    func flow(_ id: String, version: String?) async throws -> CompiledFlow {
        if let version, let known = flows.withLock({ $0[Key(id: id, version: version)] }) { return known }
        let json: JSONValue?
        if let version {
            json = try await store.flow(id, version: version)
        } else {
            json = try await latest.value(for: id) { [store] id in try await store.flow(id, version: nil) }
        }
        guard let json else {
            throw EngineError(
                .flowNotFound, version.map { "there is no flow '\(id)' in version \($0)" } ?? "there is no flow '\(id)'"
            )
        }
        if version == nil, let text = json["version"]?.string,
            let known = flows.withLock({ $0[Key(id: id, version: text)] })
        {
            return known
        }
        return try insert(json)
    }

    private func insert(_ json: JSONValue) throws -> CompiledFlow {
        let validation = FlowSpec.validate(json, knownTypes: nil)
        guard let spec = validation.spec else {
            throw EngineError(
                .flowInvalid, "the stored flow is not valid in this version of Skein", problems: validation.errors)
        }
        let compiled = CompiledFlow(spec, policy: policy)
        flows.withLock { flows in
            if flows.count >= Self.limit { flows.removeAll() }
            flows[Key(id: spec.id, version: spec.version.description)] = compiled
        }
        return compiled
    }
}
