// Flows by id and version. A version's content never changes.

public import SkeinCore

extension InMemoryExecutionStore {
    public func register(_ flow: FlowSpec) async throws -> FlowRegistration {
        transaction { state, now in
            let version = flow.version.description
            if let known = state.flows[flow.id]?[version] { return known == flow.json ? .identical : .conflict }
            state.flows[flow.id, default: [:]][version] = flow.json
            state.tell("flow.register", "\(flow.id) \(version)", at: now)
            return .new
        }
    }

    public func flow(_ id: String, version: String?) async throws -> JSONValue? {
        transaction { state, _ in
            (version ?? state.versions(of: id).first).flatMap { state.flows[id]?[$0] }
        }
    }

    public func flows() async throws -> [JSONValue] {
        transaction { state, _ in
            state.flows.keys.sorted().compactMap { id in state.versions(of: id).first.flatMap { state.flows[id]?[$0] } }
        }
    }

    public func versions(of id: String) async throws -> [String] {
        transaction { state, _ in state.versions(of: id) }
    }
}

extension InMemoryExecutionStore.State {
    /// Newest first by semantic version; what is none comes last, by its text.
    func versions(of id: String) -> [String] {
        let known = (flows[id] ?? [:]).keys.map { (text: $0, version: SemanticVersion($0)) }
        return known.sorted { lhs, rhs in
            switch (lhs.version, rhs.version) {
            case (let left?, let right?): left > right
            case (_?, nil): true
            case (nil, _?): false
            case (nil, nil): lhs.text > rhs.text
            }
        }.map(\.text)
    }
}
