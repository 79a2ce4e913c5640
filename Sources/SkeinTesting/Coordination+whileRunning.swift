public import Skein

extension Coordination {
    /// Runs the coordination beside a body, and returns when both have ended.
    public func whileRunning<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        let run = run
        return try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { await run() }
            return try await body()
        }
    }
}
