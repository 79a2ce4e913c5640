import Synchronization

/// The handlers of one engine, by type. Registering again replaces: attempts that run keep what they started with.
public final class HandlerRegistry: Sendable {
    private struct State {
        var handlers: [String: AnyHandler] = [:]
        var types: [String] = []
    }

    private let state = Mutex(State())

    public init() {}

    public func register(_ handler: AnyHandler) {
        let isStateful = handler.metadata.isStateful
        let job = isStateful ? Job.worker(of: handler) : nil
        let handler = isStateful ? Job.starter(of: handler) : handler
        state.withLock { state in
            state.handlers[handler.metadata.type] = handler
            state.handlers[Job.prefix + handler.metadata.type] = job
            state.types = state.handlers.keys.sorted()
        }
    }

    /// Returns whether there was one.
    @discardableResult
    public func unregister(_ type: String) -> Bool {
        state.withLock { state in
            defer { state.types = state.handlers.keys.sorted() }
            state.handlers[Job.prefix + type] = nil
            return state.handlers.removeValue(forKey: type) != nil
        }
    }

    public subscript(ofType type: String) -> AnyHandler? { state.withLock { $0.handlers[type] } }

    /// Sorted.
    public var types: [String] { state.withLock { $0.types } }

    public var metadata: [HandlerMetadata] {
        state.withLock { state in
            state.types.filter { !$0.hasPrefix(Job.prefix) }.compactMap { state.handlers[$0]?.metadata }
        }
    }
}
