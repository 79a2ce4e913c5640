// A schedule as its owner wrote it. What has become of it so far is the store's.

/// Starts executions of a flow at certain times.
public struct Schedule: Sendable, Hashable {
    /// Unique per tenant.
    public var name: String
    public var flowID: String
    /// Nil: the latest at each tick.
    public var flowVersion: String?
    /// What every execution gets.
    public var context: JSONObject = [:]
    public var tenantID: String?
    public var tag: String?
    public var priority: Int = 0
    public var metadata: JSONObject?
    /// What is said of the attempts of every execution; nil: what its flow says.
    public var terms: StepTerms?
    public var times: ScheduleTimes
    /// No tick before this.
    public var startAt: Timestamp?
    /// No tick from here on.
    public var endAt: Timestamp?
    /// Executions begin up to this much after their tick: at a moment that the tick alone decides.
    public var jitter: Duration = .zero
    public var overlap: OverlapPolicy = .skip
    public var missed: MissedTicks = .runOnce
    /// Ticks that are later than this are not acted on.
    public var missedWindow: Duration = .seconds(3_600)
    /// When an execution does not complete, the schedule is paused.
    public var pausesOnFailure = false
    /// How many ticks of one moment `runAll` acts on at most.
    public var missedMax: Int = 100

    /// Makes a schedule; what it may hold is checked when it is stored.
    public init(_ name: String, flowID: String, times: ScheduleTimes, context: JSONObject = [:]) {
        self.name = name
        self.flowID = flowID
        self.times = times
        self.context = context
    }

    /// The shortest interval.
    public static let shortestInterval = Duration.seconds(1)
    /// What counts as on time where missed ticks are skipped; also the shortest window.
    public static let tolerance = Duration.seconds(10)

    /// The first tick after an instant, within the bounds; nil: there is none.
    public func next(after time: Timestamp, in zone: ZoneRules) -> Timestamp? {
        let from = startAt.map { max(time, $0 + .microseconds(-1)) } ?? time
        guard let next = times.next(after: from, in: zone), endAt.map({ next < $0 }) ?? true else { return nil }
        return next
    }

    /// The first tick of a schedule that is made now. One for a single past time still has it: the window decides.
    public func first(at now: Timestamp, in zone: ZoneRules) -> Timestamp? {
        guard case .once(let instant) = times else { return next(after: now, in: zone) }
        return next(after: instant + .microseconds(-1), in: zone)
    }

    /// How much later than its tick an execution begins: the same on every instance.
    public func delay(of tick: Timestamp, in id: ScheduleID) -> Duration {
        guard jitter > .zero else { return .zero }
        var hash = id.raw.high ^ id.raw.low.byteSwapped ^ UInt64(bitPattern: tick.microseconds)
        for factor in [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb] as [UInt64] {
            hash = (hash ^ (hash >> 30)) &* factor
        }
        return .microseconds(Int64((hash ^ (hash >> 31)) % UInt64(jitter.microseconds + 1)))
    }
}
