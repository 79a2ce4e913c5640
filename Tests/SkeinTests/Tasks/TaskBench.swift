import Skein
import SkeinCore
import Testing

/// Tasks on an engine that nobody runs, with a virtual clock.
struct TaskBench: Sendable {
    let bench: Bench
    var engine: Engine { bench.engine }
    var ledger: Ledger { bench.ledger }

    init(_ configure: (inout EngineConfiguration) -> Void = { _ in }) async throws {
        bench = try await Bench(configure)
    }

    /// Drives what is due, one after the other, until nothing is.
    func settle() async throws {
        while try await engine.driveDue(limit: 1).claimed > 0 {}
    }

    /// Moves the clock, and drives what has become due.
    func advance(by span: Duration) async throws {
        bench.clock.advance(by: span)
        try await settle()
    }

    /// Starts a task and drives whatever is due.
    func run(_ name: String, _ payload: JSONValue = .null, _ options: TaskOptions = TaskOptions()) async throws
        -> TaskRecord
    {
        let id = try await engine.async(name, payload: payload, options: options).execution.id
        try await settle()
        return try await engine.taskRecord(id)
    }

    func record(_ task: TaskRecord) async throws -> TaskRecord { try await engine.taskRecord(task.id) }

    func types(_ task: TaskRecord) async throws -> [String] { try await bench.types(task.id) }

    func children(of task: TaskRecord) async throws -> [TaskRecord] {
        var children: [TaskRecord] = []
        for id in try await bench.store.children(of: task.id, round: nil, from: 0, limit: 1_000) {
            children.append(try await engine.taskRecord(id))
        }
        return children
    }
}
