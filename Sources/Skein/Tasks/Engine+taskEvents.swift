public import SkeinCore

extension Engine {
    /// The events of a task in fib-flow's names, from its first on. Those of `limit` recorded events behind `seq`.
    ///
    /// - Throws: `executionNotFound`, also for an execution that is no task.
    public func taskEvents(of id: ExecutionID, after seq: Int64 = 0, limit: Int = 1_000) async throws -> [TaskEvent] {
        let creation = try await taskRecord(id).execution.creation
        var dialect = TaskDialect(creation)
        var told: [TaskEvent] = []
        var next: Int64 = 1
        // What an event means depends on those before it.
        let last = seq + Int64(min(limit, 1_000_000))
        while next <= last {
            let events = try await events(of: id, from: next, limit: min(1_000, Int(last - next + 1)))
            told += dialect.tell(events).filter { $0.seq > seq }
            guard let end = events.last else { break }
            next = end.seq + 1
        }
        return told
    }
}
