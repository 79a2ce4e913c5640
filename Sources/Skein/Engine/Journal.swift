// Group commit: whatever queued up while the last COMMIT was in flight goes out in the next one. No linger: a COMMIT in
// progress is the natural one. One execution has at most one append here at a time, so order holds.

import Metrics
import SkeinCore
import Synchronization

/// Takes appends from all executions of an instance and commits them in batches.
final class Journal: Sendable {
    // Every durable step passes here; each continuation is resumed exactly once, by the writer that took its row or by
    // the end of `run`.
    private typealias Reply = UnsafeContinuation<AppendOutcome, any Error>
    private typealias Writer = UnsafeContinuation<Void, Never>

    /// Rows and who waits for them, side by side: a writer mostly takes all there is, without copying any.
    private struct Batch {
        var appends: [Append] = []
        var replies: [Reply] = []
    }

    private struct State {
        var queue = Batch()
        /// Writers that have nothing to do. They look again when they are woken.
        var idle: [Writer] = []
        var isRunning = false
        var isDraining = false
    }

    private let store: any ExecutionStore
    private let batchLimit: Int
    private let metrics: EngineMetrics
    private let state = Mutex(State())
    /// As in the state, for a look without the lock.
    private let isRunning = Flag()

    init(store: any ExecutionStore, batchLimit: Int, metrics: EngineMetrics) {
        self.store = store
        self.batchLimit = batchLimit
        self.metrics = metrics
    }

    /// Returns once the row is durable or known not to be. Without running writers it commits alone, on the caller's
    /// task. Inlined, as is the driver's attempt.
    @inline(__always) func commit(_ append: Append) async throws -> AppendOutcome {
        guard isRunning.isRaised else { return try await commitWhole(append) }
        return try await withUnsafeThrowingContinuation { reply in
            let (isQueued, writer): (Bool, Writer?) = state.withLock { state in
                guard state.isRunning else { return (false, nil) }
                state.queue.appends.append(append)
                state.queue.replies.append(reply)
                return (true, state.idle.popLast())
            }
            if !isQueued { return reply.resume(throwing: CancellationError()) }
            writer?.resume()
        }
    }

    /// The same on the caller's task while a writer is idle, in its stead: two turns of the pool less for a caller who
    /// waits. For callers that may be cancelled before anything is sent.
    func commitDirectly(_ append: Append) async throws -> AppendOutcome {
        let writer: Writer? = state.withLock { state in
            state.isRunning && state.queue.appends.isEmpty ? state.idle.popLast() : nil
        }
        guard let writer else { return try await commit(append) }
        defer {
            let mustLook = state.withLock { state in
                guard state.queue.appends.isEmpty, !state.isDraining else { return true }
                state.idle.append(writer)
                return false
            }
            if mustLook { writer.resume() }
        }
        metrics.batchSize.record(1)
        return try await commitAlone(append)
    }

    /// The writers: run until `drain` was called and the queue is empty.
    func run() async {
        state.withLock { $0.isRunning = true }
        isRunning.raise()
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<store.writers {
                group.addTask { await self.write(as: writer) }
            }
        }
        isRunning.lower()
        let rest = state.withLock { state in
            state.isRunning = false
            defer { state.queue = Batch() }
            return state.queue.replies
        }
        for reply in rest { reply.resume(throwing: CancellationError()) }
    }

    /// Lets the writers stop when everything queued is committed.
    func drain() {
        let idle = state.withLock { state in
            state.isDraining = true
            defer { state.idle.removeAll() }
            return state.idle
        }
        for writer in idle { writer.resume() }
    }

    private func write(as writer: Int) async {
        while true {
            let batch = await next()
            if batch.appends.isEmpty { return }
            metrics.batchSize.record(batch.appends.count)
            do {
                let outcomes = try await store.commit(batch.appends, writer: writer)
                precondition(outcomes.count == batch.replies.count, "a store answers every row")
                for (reply, outcome) in zip(batch.replies, outcomes) { reply.resume(returning: outcome) }
            } catch {
                for reply in batch.replies { reply.resume(throwing: error) }
            }
        }
    }

    private func next() async -> Batch {
        while true {
            let (batch, isDraining) = state.withLock { (take(&$0), $0.isDraining) }
            if !batch.appends.isEmpty || isDraining { return batch }
            await withUnsafeContinuation { writer in
                let mustLook = state.withLock { state in
                    guard state.queue.appends.isEmpty, !state.isDraining else { return true }
                    state.idle.append(writer)
                    return false
                }
                if mustLook { writer.resume() }
            }
        }
    }

    private func take(_ state: inout State) -> Batch {
        let count = min(batchLimit, state.queue.appends.count)
        guard count > 0 else { return Batch() }
        guard count < state.queue.appends.count else {
            defer {
                state.queue = Batch()
                state.queue.appends.reserveCapacity(count)
                state.queue.replies.reserveCapacity(count)
            }
            return state.queue
        }
        let batch = Batch(
            appends: Array(state.queue.appends.prefix(count)), replies: Array(state.queue.replies.prefix(count)))
        state.queue.appends.removeFirst(count)
        state.queue.replies.removeFirst(count)
        return batch
    }

    /// The same whatever becomes of the caller: with a row cut off in the middle nobody would know whether it is there.
    private func commitWhole(_ append: Append) async throws -> AppendOutcome {
        let result: Result<AppendOutcome, any Error> = await shielded {
            do { return .success(try await self.commitAlone(append)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    private func commitAlone(_ append: Append) async throws -> AppendOutcome {
        let outcomes = try await store.commit([append], writer: 0)
        guard let outcome = outcomes.first else { throw StoreError(.unavailable, "the store gave no outcome") }
        return outcome
    }
}
