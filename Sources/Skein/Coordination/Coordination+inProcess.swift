extension Coordination {
    /// Coordination among the engines of one process that are given this one value. Nothing of it needs to run.
    ///
    /// - Parameter clock: the engines' clock; locks, terms and answers expire by it.
    public static func inProcess(clock: any EngineClock = SystemClock()) -> Coordination {
        Coordination(
            locks: InProcessLockManager(clock: clock), wakes: InProcessWakeSignaler(clock: clock),
            idempotency: InProcessIdempotencyCache(clock: clock), leaders: InProcessLeaderElection(clock: clock),
            events: InProcessEventBroadcaster(), health: InProcessHealth())
    }
}
