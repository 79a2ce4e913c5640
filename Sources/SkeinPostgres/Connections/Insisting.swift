// Calls that may be repeated, repeated. The pauses are the machine's time, also under a virtual clock: they wait for a
// real server.

import Logging
import PostgresClient
import Skein

/// A pause that grows with each failure, with a random part so that instances do not return together.
func backoff(_ failures: Int, most: Duration = .seconds(1)) async throws {
    let span = min(Duration.milliseconds(5) * (1 << min(failures, 10)), most)
    try await Task.sleep(for: span * Double.random(in: 0.5...1), clock: .continuous)
}

extension PostgresExecutionStore {
    /// Runs something that is the same when it is done twice, until its outcome is known.
    ///
    /// - Throws: `StoreError` when it certainly did not take effect; `CancellationError`.
    func insist<R: Sendable>(_ body: () async throws -> R) async throws -> R {
        var failures = 0
        var isUnknown = false
        while true {
            do {
                return try await body()
            } catch let error as PostgresError {
                failures += 1
                let kind = FailureKind(error)
                if kind == .unknown, error.code != .decoding { isUnknown = true }
                let isHopeful: Bool
                switch kind {
                case .unknown: isHopeful = error.code != .decoding
                case .again, .locked, .taken: isHopeful = failures < 50
                case .down: isHopeful = failures < error.patience
                case .closed, .bad, .schema, .stale, .orphan: isHopeful = false
                }
                let canSettle = ![.closed, .bad, .schema, .stale, .orphan].contains(kind) && error.code != .decoding
                guard isHopeful || (isUnknown && canSettle) else { throw StoreError(error) }
                if failures > 3 {
                    logger.info(
                        "asking PostgreSQL again", metadata: ["postgres.error": "\(error)", "attempt": "\(failures)"])
                }
            }
            try await backoff(failures)
        }
    }

    /// Runs something that is not repeated here.
    func once<R: Sendable>(_ body: () async throws -> R) async throws -> R {
        do {
            return try await body()
        } catch let error as PostgresError {
            throw StoreError(error)
        }
    }
}
