// Does what other programs asked for in the store's own language.

import Logging
import SkeinCore

final class RequestDesk: Sendable {
    private static let batch = 256
    /// Executions whose requests are done at the same time.
    private static let width = 16

    private let store: any ExecutionStore
    private let clock: any EngineClock
    private let logger: Logger
    private let alarm = Alarm()

    init(store: any ExecutionStore, clock: any EngineClock, logger: Logger) {
        self.store = store
        self.clock = clock
        self.logger = logger
    }

    /// Somebody may have left a request.
    func look() { alarm.poke() }

    /// Runs until cancelled.
    func run(_ engine: Engine) async {
        while !Task.isCancelled {
            var mayBeMore = true
            while mayBeMore, !Task.isCancelled { mayBeMore = await drain(engine) }
            await alarm.wait(until: nil, clock: clock)
        }
    }

    /// Returns whether there may be more at once.
    func drain(_ engine: Engine) async -> Bool {
        guard let requests = try? await store.takeRequests(limit: Self.batch), !requests.isEmpty else { return false }
        // Of one execution one after the other, in the order in which they came.
        let queues = Dictionary(grouping: requests, by: \.executionID).values.map { $0.sorted { $0.id < $1.id } }
        var done: [Int64] = []
        await withTaskGroup(of: [Int64].self) { group in
            var rest = queues[...]
            func next() {
                guard let queue = rest.popFirst() else { return }
                group.addTask { await self.work(queue, engine) }
            }
            for _ in 0..<Self.width { next() }
            while let ids = await group.next() {
                done += ids
                next()
            }
        }
        if !done.isEmpty { try? await store.endRequests(done) }
        return requests.count == Self.batch && !done.isEmpty
    }

    /// Returns those that are done. One that has to wait keeps those behind it.
    private func work(_ queue: [StoredRequest], _ engine: Engine) async -> [Int64] {
        var done: [Int64] = []
        for request in queue {
            do {
                let caller = Caller(actor: request.by.actor, requestID: request.by.requestID)
                try await Caller.$current.withValue(caller) {
                    switch request.action {
                    case .cancel(let reason):
                        try await engine.cancel(
                            request.executionID, reason: reason, operationID: request.operationID)
                    case .signal(let name, let payload):
                        try await engine.signal(
                            request.executionID, name, payload: payload, operationID: request.operationID)
                    }
                }
            } catch  where Self.isFinal(error) {
                logger.notice(
                    "a request was refused",
                    metadata: ["execution.id": "\(request.executionID)", "error": "\(error)"])
            } catch {
                logger.debug("a request has to wait", metadata: ["error": "\(error)"])
                return done
            }
            done.append(request.id)
        }
        return done
    }

    /// Whether a request that failed so will never be done: what stands in the way is the request itself or an execution that
    /// has ended, not a lock or a server.
    private static func isFinal(_ error: any Error) -> Bool {
        switch error {
        case let error as EngineError:
            ![.executionBusy, .lockUnavailable, .fenced, .unavailable, .corrupt].contains(error.code)
        case let error as StoreError: error.code == .invalid
        default: false
        }
    }
}
