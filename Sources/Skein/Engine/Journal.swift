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

    /// Rows and who waits for them, side by side: a writer mostly takes all there is, without copying any.
    private struct Batch {
        var appends: [Append] = []
        var replies: [Reply] = []
    }

    private struct State {
        var queue = Batch()
        var idle: [CheckedContinuation<Batch, Never>] = []
        var isRunning = false
        var isDraining = false
    }

    private let store: any ExecutionStore
    private let batchLimit: Int
    private let metrics: EngineMetrics
    private let state = Mutex(State())

    init(store: any ExecutionStore, batchLimit: Int, metrics: EngineMetrics) {
        self.store = store
        self.batchLimit = batchLimit
        self.metrics = metrics
    }

    /// Returns once the row is durable or known not to be. Without running writers it commits alone, on the caller's
    /// task.
    func commit(_ append: Append) async throws -> AppendOutcome {
        guard state.withLock({ $0.isRunning }) else { return try await commitAlone(append) }
        return try await withUnsafeThrowingContinuation { reply in
            let work: (writer: CheckedContinuation<Batch, Never>, batch: Batch)? = state.withLock { state in
                state.queue.appends.append(append)
                state.queue.replies.append(reply)
                guard let writer = state.idle.popLast() else { return nil }
                return (writer, take(&state))
            }
            work?.writer.resume(returning: work?.batch ?? Batch())
        }
    }

    /// The writers: run until `drain` was called and the queue is empty.
    func run() async {
        state.withLock { $0.isRunning = true }
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<store.writers {
                group.addTask { await self.write(as: writer) }
            }
        }
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
        for writer in idle { writer.resume(returning: Batch()) }
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
        await withCheckedContinuation { writer in
            let batch: Batch? = state.withLock { state in
                if state.queue.appends.isEmpty, !state.isDraining {
                    state.idle.append(writer)
                    return nil
                }
                return take(&state)
            }
            if let batch { writer.resume(returning: batch) }
        }
    }

    private func take(_ state: inout State) -> Batch {
        let count = min(batchLimit, state.queue.appends.count)
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

    private func commitAlone(_ append: Append) async throws -> AppendOutcome {
        let outcomes = try await store.commit([append], writer: 0)
        guard let outcome = outcomes.first else { throw StoreError(.unavailable, "the store gave no outcome") }
        return outcome
    }
}
