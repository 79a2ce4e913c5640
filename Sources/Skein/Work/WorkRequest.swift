public import SkeinCore

/// What a worker outside asks for.
public struct WorkRequest: Sendable {
    /// The handler types that it has.
    public var handlers: [String]
    /// Attempts at most. Default: 1.
    public var limit: Int
    /// How long to wait for the first. Default: not at all.
    public var wait: Duration
    /// The id of this life of the worker; nil: it gets one with the answer, and goes by it from then on.
    public var workerID: WorkerID?

    public init(handlers: [String], limit: Int = 1, wait: Duration = .zero, workerID: WorkerID? = nil) {
        self.handlers = handlers
        self.limit = limit
        self.wait = wait
        self.workerID = workerID
    }
}

extension WorkRequest {
    /// The most attempts that one claim gives.
    package static let largest = 100
    /// The longest that a claim waits.
    package static let longest = Duration.seconds(60)
    private static let mostHandlers = 1_000
    private static let longestType = 200

    /// Everything that is wrong, with its place in the request body.
    package func problems() -> [Problem] {
        var problems: [Problem] = []
        func add(_ place: [String], _ message: String) {
            problems.append(
                Problem(code: "INVALID_VALUE", pointer: JSONPointer(tokens: place), message: message))
        }
        if !(1...Self.mostHandlers).contains(handlers.count) {
            add(["handlers"], "must have 1 to \(Self.mostHandlers) types")
        }
        for (index, type) in handlers.enumerated() {
            if !(1...Self.longestType).contains(type.utf8.count) {
                add(["handlers", String(index)], "must have 1 to \(Self.longestType) bytes")
            } else if type.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
                add(["handlers", String(index)], "must not contain control characters")
            }
        }
        if !(1...Self.largest).contains(limit) { add(["max"], "must be between 1 and \(Self.largest)") }
        if wait < .zero || wait > Self.longest { add(["waitMs"], "must be between 0 and 60000") }
        return problems
    }
}

/// What a worker outside gets.
public struct WorkBatch: Sendable {
    /// What the worker goes by from now on.
    public var workerID: WorkerID
    public var items: [WorkItem]
}
