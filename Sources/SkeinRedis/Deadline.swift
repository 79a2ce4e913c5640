import RedisClient

/// Runs a body with its waiting limited.
enum Deadline {
    /// Returns what the body returns, or throws at the limit; the body is then cancelled and its outcome nobody's.
    ///
    /// - Throws: what the body throws; `RedisError` with code `timeout` at the limit; `CancellationError` when the task
    ///   is cancelled.
    static func within<Value: Sendable>(
        _ limit: Duration, _ body: @escaping @concurrent @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await body() }
            group.addTask {
                try? await Task.sleep(for: limit)
                return nil
            }
            if let first = try await group.next(), let value = first { return value }
            try Task.checkCancellation()
            throw RedisError(.timeout, "no answer within \(limit)")
        }
    }

    /// Runs a body to its end even when the task is cancelled: for the last words of a loop.
    static func shielded(_ body: @escaping @concurrent @Sendable () async -> Void) async {
        await Task(operation: body).value
    }
}
