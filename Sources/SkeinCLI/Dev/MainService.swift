import ServiceLifecycle

/// What a command does while services run around it: they stop when it ends, and it is cancelled when they do.
struct MainService: Service {
    private let body: @Sendable () async throws -> Void

    init(_ body: @escaping @Sendable () async throws -> Void) {
        self.body = body
    }

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown(body)
        } catch is CancellationError {
            // A signal came; the group is stopping already.
        }
    }
}
