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
        state.withLock { state in
            state.handlers[handler.metadata.type] = handler
            state.types = state.handlers.keys.sorted()
        }
    }

    /// Returns whether there was one.
    @discardableResult
    public func unregister(_ type: String) -> Bool {
        state.withLock { state in
            defer { state.types = state.handlers.keys.sorted() }
            return state.handlers.removeValue(forKey: type) != nil
        }
    }

    public subscript(ofType type: String) -> AnyHandler? { state.withLock { $0.handlers[type] } }

    /// Sorted.
    public var types: [String] { state.withLock { $0.types } }

    public var metadata: [HandlerMetadata] {
        state.withLock { state in state.types.compactMap { state.handlers[$0]?.metadata } }
    }
}
