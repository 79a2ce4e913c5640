import Skein

/// The limit passed before the work was done.
struct DeadlineExceeded: Error {}

enum Deadline {
    /// Runs `body`, which must heed its cancellation, for at most `limit`.
    static func run<Value: Sendable>(
        _ limit: Duration, clock: any EngineClock, _ body: @escaping @concurrent @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await body() }
            group.addTask {
                try await clock.sleep(for: limit)
                return nil
            }
            guard let first = try await group.next(), let value = first else { throw DeadlineExceeded() }
            return value
        }
    }
}
