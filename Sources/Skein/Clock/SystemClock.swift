public import SkeinCore
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The machine's clocks. The wall clock is corrected by the offset to the database that the store last measured.
public final class SystemClock: EngineClock {
    private let offset = Atomic<Int64>(0)

    public init() {}

    public var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(
            microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000 + offset.load(ordering: .relaxed)
        )
    }

    public var monotonic: Duration {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .nanoseconds(Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    public var queryTime: Timestamp? { nil }

    public func sleep(until deadline: Duration) async throws {
        let span = deadline - monotonic
        guard span > .zero else { return try Task.checkCancellation() }
        try await Task.sleep(for: span, clock: .continuous)
    }

    /// How far the database's clock is ahead of this machine's: positive when the machine is late.
    public func correct(by offset: Duration) {
        self.offset.store(offset.microseconds, ordering: .relaxed)
    }
}
