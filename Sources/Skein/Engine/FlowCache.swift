import SkeinCore
import Synchronization

/// Compiled flows by id and version. A version never changes, so it is read once. Which version is the latest is
/// remembered together with how many there were: a store takes a creation only while that is still so.
final class FlowCache: Sendable {
    /// The latest version of a flow, as of the time when it had this many.
    struct Latest: Sendable {
        var flow: CompiledFlow
        var versions: Int
    }

    private struct Key: Hashable {
        var id: String
        var version: String
    }

    private let store: any ExecutionStore
    private let policy: DecisionPolicy
    private let flows = Mutex<[Key: CompiledFlow]>([:])
    private let latest = Mutex<[String: Latest]>([:])
    private let lookups = Coalescer<String, Latest>()

    /// More versions than this at once: the cache starts over.
    private static let limit = 10_000

    init(store: any ExecutionStore, policy: DecisionPolicy) {
        self.store = store
        self.policy = policy
    }

    /// - Throws: `EngineError.flowNotFound`.
    func flow(_ id: String, version: String) async throws -> CompiledFlow {
        if let known = flows.withLock({ $0[Key(id: id, version: version)] }) { return known }
        guard let json = try await store.flow(id, version: version) else {
            throw EngineError(.flowNotFound, "there is no flow '\(id)' in version \(version)")
        }
        return try insert(json)
    }

    /// The latest version by semantic version.
    ///
    /// - Parameter remembered: what was so a while ago will do, because the store checks it.
    /// - Throws: `EngineError.flowNotFound`.
    func latest(_ id: String, remembered: Bool) async throws -> Latest {
        if remembered, let known = latest.withLock({ $0[id] }) { return known }
        return try await lookups.value(for: id) { id in
            let versions = try await store.versions(of: id)
            guard let version = versions.first else {
                throw EngineError(.flowNotFound, "there is no flow '\(id)'")
            }
            let answer = Latest(flow: try await flow(id, version: version), versions: versions.count)
            latest.withLock { latest in
                if latest.count >= Self.limit { latest.removeAll() }
                latest[id] = answer
            }
            return answer
        }
    }

    /// What was taken for the latest is not any more.
    func forgetLatest(_ id: String) {
        latest.withLock { _ = $0.removeValue(forKey: id) }
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
