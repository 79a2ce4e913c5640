// Everything of one world runs on one thread, in an order that its seed determines. Swift's own pool runs what it likes
// first; here whatever could run next is a matter of the dice.

import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Runs tasks one at a time on the thread of its `run`, and picks the next one by dice.
///
/// Tasks that are children of others stay on it by themselves. For those that the engine starts alone the runtime's hook
/// for its global pool is asked: a job that is made on this thread while `run` is at work belongs to it.
final class SimulatedExecutor: TaskExecutor {
    private typealias Original = @convention(thin) (UnownedJob) -> Void
    private typealias Hook = @convention(thin) (UnownedJob, Original) -> Void

    private struct State {
        var jobs: [UnownedJob] = []
        var dice: Dice
    }

    /// Where a thread keeps the executor that runs on it.
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        return key
    }()

    /// Set once for the process; threads without an executor are left to the pool.
    private static let hasHook: Bool = {
        guard let symbol = dlsym(dlopen(nil, RTLD_NOW), "swift_task_enqueueGlobal_hook") else { return false }
        symbol.assumingMemoryBound(to: Hook?.self).pointee = { job, original in
            guard let executor = pthread_getspecific(SimulatedExecutor.key) else { return original(job) }
            Unmanaged<SimulatedExecutor>.fromOpaque(executor).takeUnretainedValue().add(job)
        }
        return true
    }()

    private let state: Mutex<State>

    init(_ dice: Dice) { state = Mutex(State(dice: dice)) }

    /// Nothing else can run now.
    var isIdle: Bool { state.withLock(\.jobs.isEmpty) }

    func enqueue(_ job: consuming ExecutorJob) { add(UnownedJob(job)) }

    private func add(_ job: UnownedJob) { state.withLock { $0.jobs.append(job) } }

    /// Runs `body` and all it starts until nothing of it can run any more, at most `limit` turns.
    ///
    /// - Returns: the turns taken.
    func run(limit: Int, _ body: @escaping @Sendable () async -> Void) -> Int {
        precondition(Self.hasHook, "this runtime has no hook for its global executor")
        let before = pthread_getspecific(Self.key)
        pthread_setspecific(Self.key, Unmanaged.passUnretained(self).toOpaque())
        defer { pthread_setspecific(Self.key, before) }
        Task(executorPreference: self) { await body() }
        var turns = 0
        while turns < limit, let job = next() {
            turns += 1
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
        return turns
    }

    private func next() -> UnownedJob? {
        state.withLock { state in
            guard !state.jobs.isEmpty else { return nil }
            state.jobs.swapAt(state.dice.below(state.jobs.count), state.jobs.count - 1)
            return state.jobs.popLast()
        }
    }
}
