// SIGTERM and SIGINT for commands that keep something: the first asks for an orderly stop, the second ends the process.

@preconcurrency import Dispatch
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import ServiceLifecycle
import Synchronization

/// A service that ends, and thereby its group, at the first signal. Before it runs, a signal ends the process at once.
final class StopSignals: Service {
    private struct State {
        var isArmed = false
        var first: Int32?
    }

    private let state = Mutex(State())
    private let arrivals: AsyncStream<Int32>
    private let arrive: AsyncStream<Int32>.Continuation
    private let sources = Mutex<[any DispatchSourceSignal]>([])
    private let onFirst: @Sendable () -> Void

    /// Takes the signals over for the rest of the process.
    ///
    /// - Parameter onFirst: called when an orderly stop begins.
    init(onFirst: @escaping @Sendable () -> Void) {
        self.onFirst = onFirst
        (arrivals, arrive) = AsyncStream.makeStream()
        let queue = DispatchQueue(label: "skein.signals")
        for number in [SIGTERM, SIGINT] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { [self] in received(number) }
            source.resume()
            sources.withLock { $0.append(source) }
        }
    }

    /// The signal that began the stop.
    var first: Int32? { state.withLock { $0.first } }

    func run() async throws {
        state.withLock { $0.isArmed = true }
        await cancelWhenGracefulShutdown {
            for await _ in self.arrivals { return }
        }
    }

    private func received(_ number: Int32) {
        let isFirst = state.withLock { state in
            guard state.isArmed, state.first == nil else { return false }
            state.first = number
            return true
        }
        guard isFirst else { _exit(128 + number) }
        onFirst()
        arrive.yield(number)
    }
}
