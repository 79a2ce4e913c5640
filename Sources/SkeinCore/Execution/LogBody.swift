// The bytes of a log row: `{"w": worker, "at": time, "e": [event, …]}`. Written by hand, straight to bytes, because
// every step pays for it; read by SQL views too, so names here are as lasting as the schema. Times are microseconds
// since 1970.

/// What a log row holds: who wrote it and its events.
public struct LogBody: Sendable, Equatable {
    public var workerID: WorkerID?
    /// The writer's clock: the fold uses it, so that a state kept in memory and one read back are equal.
    public var at: Timestamp
    public var events: [ExecutionEvent]

    public init(workerID: WorkerID?, at: Timestamp, events: [ExecutionEvent]) {
        self.workerID = workerID
        self.at = at
        self.events = events
    }

    public func encoded() -> [UInt8] { Self.encoded(workerID: workerID, at: at, events: events) }

    public static func encoded(workerID: WorkerID?, at: Timestamp, events: [ExecutionEvent]) -> [UInt8] {
        var writer = LogWriter()
        writer.open()
        if let workerID { writer.member("w", workerID.raw) }
        writer.member("at", at.microseconds)
        writer.raw(#""e":["#)
        for (index, event) in events.enumerated() {
            if index > 0 { writer.raw(",") }
            event.write(to: &writer)
        }
        writer.raw("]}")
        return writer.bytes
    }
}

/// Appends JSON members to bytes. Every member ends with a comma; `close` takes the last one back.
struct LogWriter {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int = 288) { bytes.reserveCapacity(min(capacity, 1 << 20)) }

    mutating func open() { bytes.append(UInt8(ascii: "{")) }

    mutating func close() {
        if bytes.last == UInt8(ascii: ",") { bytes.removeLast() }
        bytes.append(UInt8(ascii: "}"))
    }

    mutating func raw(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    /// `key` must need no escape.
    mutating func name(_ key: StaticString) {
        bytes.append(UInt8(ascii: "\""))
        raw(key)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    mutating func member(_ key: StaticString, _ text: String?) {
        guard let text else { return }
        member(key, JSONValue.string(text))
    }

    mutating func member(_ key: StaticString, _ number: Int64?) {
        guard let number else { return }
        name(key)
        append(number)
        bytes.append(UInt8(ascii: ","))
    }

    mutating func member(_ key: StaticString, _ value: JSONValue?) {
        guard let value else { return }
        name(key)
        value.append(to: &bytes)
        bytes.append(UInt8(ascii: ","))
    }

    mutating func member(_ key: StaticString, _ value: EncodedValue) {
        name(key)
        value.append(to: &bytes)
        bytes.append(UInt8(ascii: ","))
    }

    mutating func member(_ key: StaticString, _ id: UniqueID) {
        name(key)
        bytes.append(UInt8(ascii: "\""))
        id.append(to: &bytes)
        raw("\",")
    }

    /// Decimal digits, without a string in between.
    private mutating func append(_ number: Int64) {
        var magnitude = number.magnitude
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var start = 20
            repeat {
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude % 10)
                magnitude /= 10
            } while magnitude > 0
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[start...]))
        }
    }

    mutating func members(_ object: JSONObject) {
        for (key, value) in object {
            JSONValue.string(key).append(to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            value.append(to: &bytes)
            bytes.append(UInt8(ascii: ","))
        }
    }
}
