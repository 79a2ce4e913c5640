// Which database is behind the connections. A promoted standby may have lost commits that were acknowledged, and then
// what was decided before is ahead of its log: the log's key alone would not notice.

import PostgresClient
import Synchronization

/// Remembers the database's identity and tells when it changes.
final class Incarnation: Sendable {
    private struct State {
        var identity: (system: Int64, timeline: Int32)?
        var epoch = 0
    }

    private let state = Mutex(State())
    let changes: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (changes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Grows with every change; 0 before the first connection.
    var epoch: Int { state.withLock(\.epoch) }

    /// Compares a server with the one known so far.
    ///
    /// - Returns: the epoch that the server belongs to; nil for a server that was left behind by a promotion.
    @discardableResult
    func observe(_ server: PostgresServerIdentity) -> Int? {
        observe(system: server.systemIdentifier, timeline: server.timeline)
    }

    @discardableResult
    func observe(system: Int64, timeline: Int32) -> Int? {
        let (epoch, isChange) = state.withLock { state -> (Int?, Bool) in
            guard let known = state.identity else {
                state.identity = (system, timeline)
                state.epoch = 1
                return (1, false)
            }
            if known == (system, timeline) { return (state.epoch, false) }
            if known.system == system, timeline < known.timeline { return (nil, false) }
            state.identity = (system, timeline)
            state.epoch += 1
            return (state.epoch, true)
        }
        if isChange { continuation.yield() }
        return epoch
    }

    func finish() { continuation.finish() }
}
