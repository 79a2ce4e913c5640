// Workers outside are in the registry as instances are, so that everybody knows who has which handler and who is
// silent. Their pod id says what they are.

import SkeinCore
import Synchronization

/// The workers outside that this instance has heard of lately.
final class RemoteWorkers: Sendable {
    private struct Known {
        var handlers: [String]
        /// Nothing has to be told to the store before.
        var until: Duration
    }

    private struct State {
        var known: [WorkerID: Known] = [:]
        var hasAny = false
    }

    private static let limit = 10_000
    private let state = Mutex(State())

    /// Whether there ever was one: what no handler is found for may be theirs then.
    var hasAny: Bool { state.withLock { $0.hasAny } }

    /// Makes the store know the worker, its handlers and that it lives.
    ///
    /// - Parameter given: the id that the worker goes by; nil: it has none yet.
    /// - Returns: the id to go by: another one when the given one was declared dead.
    /// - Throws: `invalidRequest` when the id is an instance's.
    func register(
        _ given: WorkerID?, _ handlers: [String], in store: any ExecutionStore, lease: Duration, at now: Duration
    )
        async throws -> WorkerID
    {
        let known = given.flatMap { id in state.withLock { $0.known[id] } }
        if let given, let known, known.handlers == handlers {
            if known.until > now { return given }
            if try await store.heartbeat(given) != nil {
                remember(given, handlers, until: now + lease / 3, at: now)
                return given
            }
        } else if let given, known == nil {
            let others = try await store.workers().filter { $0.id == given && !$0.isRemote }
            guard others.isEmpty else {
                throw EngineError(
                    .invalidRequest, "the request is not valid",
                    problems: [
                        Problem(
                            code: "INVALID_VALUE", pointer: JSONPointer(tokens: ["workerId"]),
                            message: "is the id of an instance")
                    ])
            }
        }
        var id = given ?? WorkerID(raw: .random())
        while true {
            try await store.register(WorkerRecord(id: id, podID: WorkerRecord.remotePod(id), handlers: handlers))
            if try await store.heartbeat(id) != nil { break }
            // The dead do not come back.
            id = WorkerID(raw: .random())
        }
        remember(id, handlers, until: now + lease / 3, at: now)
        return id
    }

    /// The worker gave a sign of life.
    func touch(_ id: WorkerID, in store: any ExecutionStore, lease: Duration, at now: Duration) async throws {
        let isRecent = state.withLock { $0.known[id].map { $0.until > now } ?? false }
        guard !isRecent, try await store.heartbeat(id) != nil else { return }
        state.withLock { $0.known[id]?.until = now + lease / 3 }
    }

    private func remember(_ id: WorkerID, _ handlers: [String], until: Duration, at now: Duration) {
        state.withLock { state in
            state.hasAny = true
            if state.known.count >= Self.limit { state.known = state.known.filter { $0.value.until > now } }
            state.known[id] = Known(handlers: handlers, until: until)
        }
    }
}

extension WorkerRecord {
    private static let remotePrefix = "work:"

    /// The pod id of a worker outside.
    static func remotePod(_ id: WorkerID) -> String { remotePrefix + id.description }

    /// Whether it is a worker outside, which talks to instances, rather than an instance.
    public var isRemote: Bool { podID?.hasPrefix(Self.remotePrefix) ?? false }
}
