import Skein

/// How the suites say what they expect.
enum Expectation {
    /// The longest that anything may take which has no time of its own.
    static let patience: Duration = .seconds(60)

    static func require(
        _ isSo: Bool, _ promise: String, file: StaticString = #fileID, line: UInt = #line
    ) throws {
        guard isSo else { throw ConformanceViolation(promise, file: file, line: line) }
    }

    /// Asks again and again, letting a little time pass, until it is so.
    static func eventually<Subject>(
        _ promise: String, in space: ConformanceSpace<Subject>, file: StaticString = #fileID, line: UInt = #line,
        _ isSo: () async throws -> Bool
    ) async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + patience
        while try await !isSo() {
            guard clock.now < deadline else { throw ConformanceViolation(promise, file: file, line: line) }
            await space.pass(.milliseconds(10))
            await Task.yield()
        }
    }

    /// Waits for what the body waits for.
    static func soon<Value: Sendable>(
        _ promise: String, file: StaticString = #fileID, line: UInt = #line,
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await body() }
            group.addTask {
                try? await Task.sleep(for: patience)
                return nil
            }
            guard let first = try await group.next(), let value = first else {
                throw ConformanceViolation(promise, file: file, line: line)
            }
            return value
        }
    }
}
