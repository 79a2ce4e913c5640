// The one place where work is left behind: a handler that ignores its cancellation must not keep a slot.

import Synchronization

/// How a limited piece of work ended.
enum LimitedOutcome<Value: Sendable>: Sendable {
    case finished(Result<Value, any Error>)
    /// The limit passed first; the work was cancelled and whatever it does now is nobody's.
    case timedOut
    /// It gave no sign of life for too long, and was cancelled like that.
    case silent
    /// The caller was cancelled first.
    case cancelled
}

enum TimeLimit {
    /// Signs of life that work has to give.
    struct Heartbeat: Sendable {
        let interval: Duration
        /// The last one, by the monotonic clock; nil: none yet.
        let last: @Sendable () -> Duration?
    }

    /// Runs `body` and returns at its end, at the limit, when its heart stops, or at the caller's cancellation,
    /// whichever is first.
    ///
    /// - Parameter stragglers: counts work that was left behind and has not ended yet.
    static func run<Value: Sendable>(
        _ limit: Duration?, heartbeat: Heartbeat? = nil, clock: any EngineClock, stragglers: Tally? = nil,
        _ body: @escaping @concurrent @Sendable () async throws -> Value
    ) async -> LimitedOutcome<Value> {
        let race = Race<LimitedOutcome<Value>>()
        let work = Task {
            let result: Result<Value, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            if !race.settle(.finished(result)) { stragglers?.add(-1) }
        }
        let timer = Task {
            let start = clock.monotonic
            let end = limit.map { start + $0 }
            while true {
                let silence = heartbeat.map { ($0.last() ?? start) + $0.interval }
                guard let next = [end, silence].compactMap({ $0 }).min(),
                    (try? await clock.sleep(until: next)) != nil
                else { return }
                let now = clock.monotonic
                if let end, end <= now {
                    race.settle(.timedOut)
                    return
                }
                // It may have given a sign meanwhile.
                if let heartbeat, (heartbeat.last() ?? start) + heartbeat.interval <= now {
                    race.settle(.silent)
                    return
                }
            }
        }
        let outcome = await withTaskCancellationHandler {
            await race.value()
        } onCancel: {
            race.settle(.cancelled)
        }
        timer.cancel()
        work.cancel()
        if case .finished = outcome { return outcome }
        stragglers?.add(1)
        return outcome
    }
}

/// The first value wins; one reader.
private final class Race<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var reader: CheckedContinuation<Value, Never>?
    }

    private let state = Mutex(State())

    /// Returns whether it is the first.
    @discardableResult
    func settle(_ value: Value) -> Bool {
        let (isFirst, reader) = state.withLock { state in
            guard state.value == nil else { return (false, nil as CheckedContinuation<Value, Never>?) }
            state.value = value
            defer { state.reader = nil }
            return (true, state.reader)
        }
        reader?.resume(returning: value)
        return isFirst
    }

    func value() async -> Value {
        await withCheckedContinuation { reader in
            let value = state.withLock { state in
                if state.value == nil { state.reader = reader }
                return state.value
            }
            if let value { reader.resume(returning: value) }
        }
    }
}
