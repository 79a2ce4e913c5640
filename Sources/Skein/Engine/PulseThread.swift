// The thread that leases are renewed on: handlers that hog the cooperative pool must not cost an instance its leases.

import SkeinCore
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A thread of its own for tasks that prefer it, with timers that need no other thread.
final class PulseThread: TaskExecutor {
    fileprivate struct Timer {
        var at: Duration
        var waiter: CheckedContinuation<Void, any Error>
    }

    fileprivate struct State {
        var jobs: [UnownedJob] = []
        var timers: [Int: Timer] = [:]
        var lastTimer = 0
        var isClosed = false
        /// It has to be woken from its sleep.
        var sleeps = false
    }

    private let state = Mutex(State())
    private let clock = SystemClock()
    private let bell: (read: Int32, write: Int32)

    /// Nil: the system has no descriptors left.
    init?() {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        bell = (ends[0], ends[1])
    }

    /// Starts the thread; `close` ends it. Returns nil when the system has none left.
    func started() -> PulseThread? {
        #if canImport(Glibc)
        var thread = pthread_t()
        #else
        var thread: pthread_t?
        #endif
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        defer { pthread_attr_destroy(&attributes) }
        let retained = Unmanaged.passRetained(self)
        guard pthread_create(&thread, &attributes, pulseMain, retained.toOpaque()) == 0 else {
            retained.release()
            return nil
        }
        return self
    }

    deinit {
        _ = Self.close(bell.read)
        _ = Self.close(bell.write)
    }

    private static func close(_ descriptor: Int32) -> Int32 {
        #if canImport(Glibc)
        Glibc.close(descriptor)
        #else
        Darwin.close(descriptor)
        #endif
    }

    // MARK: - For tasks

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        ring(
            state.withLock { state in
                state.jobs.append(job)
                return state.wakes()
            })
    }

    /// Returns at `monotonic >= deadline`, whatever the cooperative pool does. Throws `CancellationError` when the task is
    /// cancelled.
    func sleep(until deadline: Duration) async throws {
        let id = state.withLock { state in
            state.lastTimer += 1
            return state.lastTimer
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiter in
                let (isOver, wakes) = state.withLock { state in
                    if Task.isCancelled || state.isClosed { return (true, false) }
                    state.timers[id] = Timer(at: deadline, waiter: waiter)
                    return (false, state.wakes())
                }
                if isOver { return waiter.resume(throwing: CancellationError()) }
                ring(wakes)
            }
        } onCancel: {
            state.withLock { $0.timers.removeValue(forKey: id) }?.waiter.resume(throwing: CancellationError())
        }
    }

    /// Ends the thread once no job is left. Nobody may prefer it any more.
    func close() {
        let timers = state.withLock { state in
            state.isClosed = true
            defer { state.timers = [:] }
            return state.timers
        }
        for timer in timers.values { timer.waiter.resume(throwing: CancellationError()) }
        ring(true)
    }

    // MARK: - The thread

    private func ring(_ isNeeded: Bool) {
        guard isNeeded else { return }
        var byte: UInt8 = 1
        _ = write(bell.write, &byte, 1)
    }

    private enum Turn {
        case run([UnownedJob], due: [Timer])
        case wait(until: Duration?)
        case end
    }

    fileprivate func run() {
        while true {
            let now = clock.monotonic
            let turn: Turn = state.withLock { state in
                let due = state.timers.filter { $0.value.at <= now }
                for id in due.keys { state.timers[id] = nil }
                if !state.jobs.isEmpty || !due.isEmpty {
                    defer { state.jobs = [] }
                    return .run(state.jobs, due: Array(due.values))
                }
                if state.isClosed { return .end }
                state.sleeps = true
                return .wait(until: state.timers.values.map(\.at).min())
            }
            switch turn {
            case .run(let jobs, let due):
                for timer in due { timer.waiter.resume() }
                for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
            case .wait(let deadline):
                let span = deadline.map { max(.zero, $0 - clock.monotonic) } ?? .seconds(3_600)
                var descriptor = pollfd(fd: bell.read, events: Int16(POLLIN), revents: 0)
                poll(&descriptor, 1, Int32(clamping: (span.microseconds + 999) / 1_000))
                var bytes = [UInt8](repeating: 0, count: 64)
                while read(bell.read, &bytes, bytes.count) == bytes.count {}
                state.withLock { $0.sleeps = false }
            case .end: return
            }
        }
    }
}

extension PulseThread.State {
    /// Whether the thread sleeps and nobody has rung yet.
    fileprivate mutating func wakes() -> Bool {
        defer { sleeps = false }
        return sleeps
    }
}

#if canImport(Glibc)
private func pulseMain(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let argument { Unmanaged<PulseThread>.fromOpaque(argument).takeRetainedValue().run() }
    return nil
}
#else
private func pulseMain(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Unmanaged<PulseThread>.fromOpaque(argument).takeRetainedValue().run()
    return nil
}
#endif
