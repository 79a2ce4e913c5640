public import SkeinCore

extension Engine {
    /// The picture of a flow. Version nil: the latest.
    ///
    /// - Throws: `flowNotFound`.
    public func drawing(ofFlow id: String, version: String? = nil) async throws -> FlowDrawing {
        var version = version
        if version == nil { version = try await flow(id)["version"]?.string }
        guard let version else { throw EngineError(.corrupt, "the definition of the flow '\(id)' has no version") }
        return FlowDrawing(try await flows.flow(id, version: version).decision.graph)
    }

    /// The picture of the flow of an execution, with where it stands.
    ///
    /// - Throws: `executionNotFound`.
    public func drawing(of id: ExecutionID) async throws -> FlowDrawing {
        let steps = try await steps(of: id)
        let creation = try await execution(id).creation
        let graph = try await flows.flow(creation.flowID, version: creation.flowVersion).decision.graph
        return FlowDrawing(graph, statuses: Dictionary(steps.map { ($0.stepID, $0.status) }) { _, last in last })
    }
}
