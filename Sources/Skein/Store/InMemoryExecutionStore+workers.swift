// Who is alive. A worker that is not claims and renews nothing.

public import SkeinCore

extension InMemoryExecutionStore {
    public func register(_ worker: WorkerRecord) async throws {
        transaction { state, now in
            // A life does not begin twice: a worker that was buried stays so, and supersedes nobody.
            if let known = state.workers[worker.id] {
                guard known.isLive else { return }
                state.workers[worker.id]?.handlers = worker.handlers
                state.workers[worker.id]?.heartbeatAt = now
            }
            for (id, other) in state.workers
            where id != worker.id && other.isLive && other.podID != nil && other.podID == worker.podID {
                state.bury(id, at: now)
            }
            guard state.workers[worker.id] == nil else { return }
            var record = worker
            record.startedAt = now
            record.heartbeatAt = now
            record.isLive = true
            state.workers[worker.id] = record
        }
    }

    public func heartbeat(_ worker: WorkerID) async throws -> Int64? {
        transaction { state, now in
            guard state.isLive(worker) else { return nil }
            state.workers[worker]?.heartbeatAt = now
            return state.closings
        }
    }

    public func reap(silence: Duration, lease: Duration) async throws -> [WorkerID] {
        transaction { state, now in
            let silent = state.workers.values.filter { $0.isLive && ($0.heartbeatAt ?? now) + silence < now }.map(\.id)
            for worker in silent.sorted() { state.bury(worker, at: now) }
            return silent.sorted()
        }
    }

    public func unregister(_ worker: WorkerID) async throws {
        transaction { state, _ in
            state.workers[worker]?.isLive = false
        }
    }

    public func workers() async throws -> [WorkerRecord] {
        transaction { state, _ in
            state.workers.values.sorted { $0.id < $1.id }
        }
    }
}

extension InMemoryExecutionStore.State {
    fileprivate mutating func bury(_ worker: WorkerID, at now: Timestamp) {
        workers[worker]?.isLive = false
        bringForward(worker, at: now)
    }
}
