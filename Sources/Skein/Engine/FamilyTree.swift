// An execution with its children and theirs, for people.

public import SkeinCore

/// An execution in its family.
public struct FamilyNode: Sendable {
    public var execution: Execution
    public var children: [FamilyNode]
    /// It has children that are not here: they lie too deep, or are too many.
    public var isCut: Bool

    public var json: JSONValue {
        var object: JSONObject = [
            "id": .string(execution.id.description), "flowId": .string(execution.creation.flowID),
            "flowVersion": .string(execution.creation.flowVersion), "status": .string(execution.status.rawValue),
            "currentSteps": .array(execution.currentSteps.map { .string($0.rawValue) }),
        ]
        if let wait = execution.wait { object["wait"] = .object(wait.publicObject) }
        object["error"] = execution.error?.json
        object["createdAt"] = .string(execution.creation.createdAt.description)
        object["startedAt"] = execution.startedAt.map { .string($0.description) }
        object["endedAt"] = execution.endedAt.map { .string($0.description) }
        object["children"] = .array(children.map(\.json))
        if isCut { object["cut"] = true }
        return .object(object)
    }
}

/// A family from one of its members down.
public struct FamilyTree: Sendable {
    public var root: FamilyNode
    public var count: Int
    /// There are more than it shows.
    public var isTruncated: Bool

    /// The root, with `count` and `truncated` beside its own members.
    public var json: JSONValue {
        var object = root.json.object ?? [:]
        object["count"] = .int(Int64(count))
        object["truncated"] = .bool(isTruncated)
        return .object(object)
    }
}

extension Engine {
    /// The most executions that a tree shows.
    public static let treeLimit = 1_000

    /// An execution with its children and theirs, level by level: `depth` levels below it at most, and at most
    /// ``treeLimit`` executions. Each is as of the moment it was read.
    ///
    /// - Throws: `executionNotFound`.
    public func tree(of id: ExecutionID, depth: Int = 32) async throws -> FamilyTree {
        var found: [ExecutionID: Execution] = [id: try await execution(id)]
        var families: [ExecutionID: [ExecutionID]] = [:]
        var cut: Set<ExecutionID> = []
        var level = [id]
        var rank = 0
        while !level.isEmpty {
            var next: [ExecutionID] = []
            for parent in level {
                // The deepest level is only asked whether it has any.
                let room = rank < depth ? Self.treeLimit - found.count - next.count : 0
                let children = try await store.children(of: parent, round: nil, from: 0, limit: room + 1)
                if children.count > room { cut.insert(parent) }
                families[parent] = Array(children.prefix(room))
                next += children.prefix(room)
            }
            found.merge(try await executions(next)) { $1 }
            level = next
            rank += 1
        }
        return FamilyTree(
            root: node(id, found, families, cut), count: found.count, isTruncated: !cut.isEmpty)
    }

    private func node(
        _ id: ExecutionID, _ found: [ExecutionID: Execution], _ families: [ExecutionID: [ExecutionID]],
        _ cut: Set<ExecutionID>
    ) -> FamilyNode {
        guard let execution = found[id] else { preconditionFailure("a tree is made of executions that were read") }
        let children = (families[id] ?? []).filter { found[$0] != nil }
        return FamilyNode(
            execution: execution, children: children.map { node($0, found, families, cut) }, isCut: cut.contains(id))
    }

    /// Those of them that exist. A few at a time: contexts may be large.
    private func executions(_ ids: [ExecutionID]) async throws -> [ExecutionID: Execution] {
        var found: [ExecutionID: Execution] = [:]
        for start in stride(from: 0, to: ids.count, by: 50) {
            for (id, loaded) in try await store.load(Array(ids[start..<min(start + 50, ids.count)])) {
                found[id] = Execution(try await state(of: loaded.record).0, owner: loaded.record.owner)
            }
        }
        return found
    }
}
