import RedisClient
import Skein
import SkeinCore
import Synchronization

/// Wakes by a sorted set of due executions and a channel that says when to look into it.
///
/// While Redis is away hints reach the engines of this process only, unqueued, and the others find the work by their
/// sweeps.
final class RedisWakeSignaler: WakeSignaler {
    /// Hints that one round trip carries.
    private static let batchSize = 10_000
    private static let membersPerCommand = 1_000

    private let gate: RedisGate
    private let keys: RedisKeys
    private let clock: any EngineClock
    private let options: RedisCoordinationOptions
    private let metrics: CoordinationMetrics
    /// What the engines of this process hear.
    private let heard: Broadcast<WakeHint>
    /// The keys of all lanes.
    private let due: [String]
    private let bell = Doorbell()
    private let queue: Mutex<HintQueue>

    init(
        gate: RedisGate, keys: RedisKeys, clock: any EngineClock, options: RedisCoordinationOptions,
        metrics: CoordinationMetrics,
        heard: Broadcast<WakeHint>
    ) {
        self.gate = gate
        self.keys = keys
        due = keys.allDue
        self.clock = clock
        self.options = options
        self.metrics = metrics
        self.heard = heard
        queue = Mutex(HintQueue(capacity: options.maximumHints))
    }

    func signal(_ hints: [WakeHint]) {
        guard !hints.isEmpty else { return }
        let dropped = queue.withLock { $0.append(hints) }
        if dropped > 0 { metrics.dropped("wakes", dropped) }
        bell.ring()
    }

    func hints() -> AsyncStream<WakeHint> { heard.stream() }

    func takeDue(at now: Timestamp, limit: Int) async throws -> (ids: [ExecutionID], next: Timestamp?) {
        let limit = min(max(1, limit), 1_000)
        let reply = try await gate.eval(
            Scripts.takeDue, keys: due, [String(DueScore.reached(at: now)), String(limit)])
        guard let parts = reply.array, parts.count == 2, let members = parts[0].strings else {
            throw CoordinationUnavailable(
                service: "redis", reason: "the due executions were answered with something else")
        }
        let ids = members.prefix(limit).compactMap { $0.flatMap { ExecutionID($0) } }
        return (ids, parts[1].double.flatMap(DueScore.time))
    }

    /// Flushes and listens until cancelled; then flushes once more.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.listen() }
            group.addTask { await self.flushWhenRung() }
        }
    }

    // MARK: Out

    private func flushWhenRung() async {
        let pace = ContinuousClock()
        while !Task.isCancelled {
            await bell.wait()
            let start = pace.now
            await flush()
            // What comes meanwhile goes together; the first after a quiet time goes at once.
            try? await pace.sleep(until: start + options.linger)
        }
        await Deadline.shielded { await self.flush() }
    }

    private func flush() async {
        while true {
            let hints = queue.withLock { $0.take(Self.batchSize) }
            guard !hints.isEmpty else { return }
            let batch = WakeBatch(hints, now: clock.now, horizon: options.horizon)
            do {
                try await send(batch)
            } catch is CancellationError {
                // Said once more at the end: twice is harmless, never is slow.
                _ = queue.withLock { $0.append(hints) }
                return
            } catch {
                for var message in batch.messages {
                    message.isQueued = false
                    heard.yield(message)
                }
            }
        }
    }

    private func send(_ batch: WakeBatch) async throws {
        let commands = commands(for: batch)
        guard !commands.isEmpty else { return }
        let replies = try await gate.pipeline(commands)
        guard let error = replies.lazy.compactMap(\.serverError).first else { return }
        guard error.code == .server("WRONGTYPE") else { throw error }
        // Somebody has put something else there; it holds nothing that the store does not know.
        _ = try await gate.pipeline([["UNLINK"] + due] + commands)
    }

    private func commands(for batch: WakeBatch) -> [[String]] {
        var commands: [[String]] = []
        let isMixed = batch.due.contains { $0.lane != 0 }
        let lanes = isMixed ? Dictionary(grouping: batch.due, by: \.lane) : batch.due.isEmpty ? [:] : [0: batch.due]
        for (lane, entries) in lanes {
            let key = due[Int(min(lane, WakeHint.lanes - 1))]
            var rest = entries[...]
            while !rest.isEmpty {
                var command = ["ZADD", key, "LT"]
                for entry in rest.prefix(Self.membersPerCommand) {
                    command.append(String(DueScore.score(of: entry.at)))
                    command.append("\(entry.executionID)")
                }
                commands.append(command)
                rest = rest.dropFirst(Self.membersPerCommand)
            }
            commands.append(["ZREMRANGEBYRANK", key, String(options.maximumDue), "-1"])
            commands.append(["EXPIRE", key, "3600"])
        }
        return commands + batch.messages.map { ["PUBLISH", keys.wake, WakeMessage.encode($0)] }
    }

    // MARK: In

    private func listen() async {
        while !Task.isCancelled {
            if let subscription = try? await gate.client.subscribe([keys.wake]) {
                heard.yield(WakeHint(executionID: nil, reason: "listening"))
                for await message in subscription { hear(message) }
            }
            try? await Task.sleep(for: options.probeInterval * .random(in: 0.75...1.25))
        }
    }

    private func hear(_ message: RedisMessage) {
        switch message {
        case .message(_, _, let payload):
            if let hint = WakeMessage.decode(payload) { heard.yield(hint) }
        case .interrupted: gate.lookSoon()
        case .gap: heard.yield(WakeHint(executionID: nil, reason: "reconnected"))
        }
    }
}
