// Group commit: whatever queued up while the last COMMIT was in flight goes out in the next one. No linger: a COMMIT in progress is the
// natural one. One execution has at most one append here at a time, so order holds.

import DequeModule
import Metrics
import SkeinCore
import Synchronization

/// Takes appends from all executions of an instance and commits them in batches.
final class Journal: Sendable {
    private struct Entry {
        var append: Append
        var reply: CheckedContinuation<AppendOutcome, any Error>
    }

    private struct State {
        var queue: Deque<Entry> = []
        var idle: [CheckedContinuation<[Entry], Never>] = []
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

    /// Returns once the row is durable or known not to be. Without running writers it commits alone, on the caller's task.
    func commit(_ append: Append) async throws -> AppendOutcome {
        guard state.withLock({ $0.isRunning }) else { return try await commitAlone(append) }
        return try await withCheckedThrowingContinuation { reply in
            let work: (writer: CheckedContinuation<[Entry], Never>, batch: [Entry])? = state.withLock { state in
                state.queue.append(Entry(append: append, reply: reply))
                guard let writer = state.idle.popLast() else { return nil }
                return (writer, take(&state))
            }
            work?.writer.resume(returning: work?.batch ?? [])
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
            defer { state.queue.removeAll() }
            return Array(state.queue)
        }
        for entry in rest { entry.reply.resume(throwing: CancellationError()) }
    }

    /// Lets the writers stop when everything queued is committed.
    func drain() {
        let idle = state.withLock { state in
            state.isDraining = true
            defer { state.idle.removeAll() }
            return state.idle
        }
        for writer in idle { writer.resume(returning: []) }
    }

    private func write(as writer: Int) async {
        while true {
            let batch = await next()
            if batch.isEmpty { return }
            metrics.batchSize.record(batch.count)
            do {
                let outcomes = try await store.commit(batch.map(\.append), writer: writer)
                for (entry, outcome) in zip(batch, outcomes) { entry.reply.resume(returning: outcome) }
            } catch {
                for entry in batch { entry.reply.resume(throwing: error) }
            }
        }
    }

    private func next() async -> [Entry] {
        await withCheckedContinuation { writer in
            let batch: [Entry]? = state.withLock { state in
                if state.queue.isEmpty, !state.isDraining {
                    state.idle.append(writer)
                    return nil
                }
                return take(&state)
            }
            if let batch { writer.resume(returning: batch) }
        }
    }

    private func take(_ state: inout State) -> [Entry] {
        let count = min(batchLimit, state.queue.count)
        let batch = Array(state.queue.prefix(count))
        state.queue.removeFirst(count)
        return batch
    }

    private func commitAlone(_ append: Append) async throws -> AppendOutcome {
        let outcomes = try await store.commit([append], writer: 0)
        guard let outcome = outcomes.first else { throw StoreError(.unavailable, "the store gave no outcome") }
        return outcome
    }
}
