import Logging
import Skein
import SkeinRedis
import Synchronization

/// Sees what a coordination under test logs and counts.
final class Witness: Sendable {
    private struct State {
        var warnings: [String] = []
        var infos: [String] = []
        var flushes = 0
    }

    private let state = Mutex(State())
    /// Each change of the breaker, in order.
    let changes: AsyncStream<Bool>
    private let changed: AsyncStream<Bool>.Continuation

    init() {
        (changes, changed) = AsyncStream.makeStream(of: Bool.self)
    }

    var warnings: [String] { state.withLock { $0.warnings } }
    var infos: [String] { state.withLock { $0.infos } }
    var flushes: Int { state.withLock { $0.flushes } }

    /// Waits for the breaker's next change.
    func nextChange() async -> Bool? { await changes.first { _ in true } }

    /// A coordination whose breaker reacts within tenths of seconds.
    func coordination(_ url: String, _ change: (inout RedisCoordinationOptions) -> Void = { _ in }) throws
        -> Coordination
    {
        var options = RedisCoordinationOptions()
        options.probeInterval = .milliseconds(100)
        options.idleInterval = .milliseconds(200)
        options.budget = .milliseconds(500)
        change(&options)
        let metrics = CoordinationMetrics(
            upChanged: { [changed] in changed.yield($0) }, flushed: { [self] in state.withLock { $0.flushes += 1 } })
        return try Coordination.redis(
            url, logger: Logger(label: "test") { _ in Handler(witness: self) }, options: options, metrics: metrics)
    }

    private struct Handler: LogHandler {
        let witness: Witness
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            witness.state.withLock { state in
                let text = "\(event.message)"
                if event.level >= .warning { state.warnings.append(text) } else { state.infos.append(text) }
            }
        }
    }
}
