internal import class Foundation.Thread

/// Threads for calls that block, which must never run on the cooperative pool.
enum OSThread {
    /// Starts a named thread that ends when `body` returns.
    static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let thread = Thread {
            // From within: a name given before the start does not reach the kernel.
            Thread.current.name = name
            body()
        }
        thread.stackSize = 1 << 20
        thread.start()
    }
}
