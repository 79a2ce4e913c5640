// A time zone as a value: which offset from UTC holds when. Where the data comes from is the caller's business.

/// The offsets of a time zone over all time.
public struct ZoneRules: Sendable, Hashable {
    /// A time during which one offset holds, in seconds since 1970-01-01T00:00:00Z.
    public struct Span: Sendable, Hashable {
        /// The first second; `.min` for the first span.
        public var start: Int64
        /// The second after the last; `.max` for the last span.
        public var end: Int64
        /// Seconds east of UTC.
        public var offset: Int64
    }

    /// A change of the offset.
    public struct Transition: Sendable, Hashable {
        /// The first second of the new offset.
        public var time: Int64
        /// Seconds east of UTC from then on.
        public var offset: Int64

        /// Makes a transition.
        public init(at time: Int64, to offset: Int64) {
            self.time = time
            self.offset = offset
        }
    }

    /// The name of the IANA database.
    public let name: String
    private let first: Int64
    private let transitions: [Transition]
    private let tail: ZoneTail?

    /// Makes the rules of a zone.
    ///
    /// - Parameters:
    ///   - first: the offset before the first transition.
    ///   - transitions: in the order of their times.
    ///   - footer: a POSIX TZ string for the time after the last transition; nil or not one: the last offset stays.
    public init(name: String, first: Int64, transitions: [Transition], footer: String? = nil) {
        self.name = name
        self.first = first
        self.transitions = transitions
        tail = footer.flatMap { ZoneTail($0) }
    }

    /// UTC, without a database.
    public static let utc = ZoneRules(name: "UTC", first: 0, transitions: [])

    /// The span that holds a second.
    public func span(at second: Int64) -> Span {
        var low = 0
        var high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle].time <= second { low = middle + 1 } else { high = middle }
        }
        let start = low == 0 ? Int64.min : transitions[low - 1].time
        let offset = low == 0 ? first : transitions[low - 1].offset
        guard low == transitions.count, let tail else {
            return Span(start: start, end: low < transitions.count ? transitions[low].time : .max, offset: offset)
        }
        return tail.span(at: second, after: Span(start: start, end: .max, offset: offset))
    }

    /// The instant at which clocks show a local time, in seconds: the first one where they show it twice, the moment
    /// after the gap where they never do.
    func instant(ofLocal local: Int64) -> Int64 {
        // No zone is further from UTC than a little over 15 hours.
        var span = span(at: local - 26 * 3_600)
        while span.end != .max, local - span.offset >= span.end { span = self.span(at: span.end) }
        return span.start == .min ? local - span.offset : max(span.start, local - span.offset)
    }
}
