import Logging
import Metrics
import SkeinCore
import SkeinTesting
import Testing

@testable import Skein

@Suite("An instance that cannot renew", .timeLimit(.minutes(1)))
struct HangingRenewalTests {
    @Test("lets go of what it holds when the lease is almost over, although the call never returns")
    func hanging() async throws {
        let clock = VirtualClock()
        // Never ends by itself: as a request whose answer is lost again and again.
        let (silence, unused) = AsyncStream<Void>.makeStream()
        defer { unused.finish() }
        let store = FaultyStore(
            InMemoryExecutionStore(clock: clock),
            hooks: FaultyStore.Hooks(
                gate: { for await _ in silence {} }, sent: { _, _ in }, broke: { _ in }, committed: { _, _ in }))
        let slots = SlotTable(capacity: 1)
        slots.open()
        #expect(slots.reserve(upTo: 1) == 1)
        let slot = Slot(ExecutionID(raw: .v7(at: clock.now, random: 1)), ClaimID(raw: .random()))
        #expect(slots.fill(slot) == nil)
        let identity = WorkerIdentity(WorkerID(raw: .random()))
        identity.registered()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let limits = LimitKeeper(
            store: store, coordination: .inProcess(clock: clock), clock: clock, logger: logger)
        let keeper = LeaseKeeper(
            store: store, slots: slots, identity: identity, clock: clock, pulse: nil, lease: .seconds(9), podID: nil,
            handlers: HandlerRegistry(), limits: limits, logger: logger,
            metrics: EngineMetrics(NOOPMetricsHandler.instance), recycleAt: nil, recycle: {})
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await keeper.run() }
            while slot.stopped == nil {
                if clock.nextDeadline != nil { clock.advance(by: .milliseconds(100)) }
                await Task.yield()
            }
            group.cancelAll()
        }
        #expect(slot.stopped == .lost)
        #expect(!identity.mayClaim)
    }
}
