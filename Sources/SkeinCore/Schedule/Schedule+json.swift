// The JSON form of a schedule, read with every problem at once.

extension Schedule {
    /// The members that a schedule may have in JSON.
    public static let fields = [
        "name", "flowId", "flowVersion", "context", "tenantId", "tag", "priority", "metadata", "terms", "cron",
        "timeZone", "intervalMs", "anchor", "at", "startAt", "endAt", "jitterMs", "overlap", "missed", "missedWindowMs",
        "missedMax", "pauseOnFailure",
    ]

    /// The members as `init(_:timeZone:problems:)` reads them; policies are written out where they are defaults.
    public var json: JSONObject {
        var object: JSONObject = ["name": .string(name), "flowId": .string(flowID)]
        object["flowVersion"] = flowVersion.map { .string($0) }
        object["context"] = .object(context)
        object["tenantId"] = tenantID.map { .string($0) }
        object["tag"] = tag.map { .string($0) }
        object["priority"] = .int(Int64(priority))
        object["metadata"] = metadata.map { .object($0) }
        object["terms"] = terms.map { .object($0.members) }
        switch times {
        case .cron(let expression, let zone):
            object["cron"] = .string(expression.text)
            object["timeZone"] = .string(zone)
        case .interval(let span, let anchor):
            object["intervalMs"] = .int(span.wholeMilliseconds)
            object["anchor"] = .string(anchor.description)
        case .once(let instant): object["at"] = .string(instant.description)
        }
        object["startAt"] = startAt.map { .string($0.description) }
        object["endAt"] = endAt.map { .string($0.description) }
        object["jitterMs"] = .int(jitter.wholeMilliseconds)
        object["overlap"] = .string(overlap.rawValue)
        object["missed"] = .string(missed.rawValue)
        object["missedWindowMs"] = .int(missedWindow.wholeMilliseconds)
        object["missedMax"] = .int(Int64(missedMax))
        if pausesOnFailure { object["pauseOnFailure"] = true }
        return object
    }

    /// Reads a schedule; nil when there are problems.
    ///
    /// - Parameter timeZone: for a cron expression without one. An interval without an anchor counts from 1970 on.
    public init?(_ json: JSONValue, timeZone: String, problems: inout [Problem]) {
        var reader = ScheduleReader(json)
        let schedule = reader.read(timeZone: timeZone)
        problems += reader.problems
        guard let schedule, reader.problems.isEmpty else { return nil }
        self = schedule
    }
}

extension StepTerms {
    /// Ten years: nobody means more.
    static let longestMs: Int64 = 315_360_000_000
    fileprivate static let fields = ["maxAttempts", "backoffMs", "timeoutMs", "heartbeatMs"]

    /// As a schedule has it: what a step of a flow says under these names.
    package var members: JSONObject {
        var object = JSONObject()
        if let retry {
            object["maxAttempts"] = .int(Int64(retry.maxAttempts))
            object["backoffMs"] = .int(retry.backoff.wholeMilliseconds)
        }
        object["timeoutMs"] = timeout.map { .int(max(1, $0.wholeMilliseconds)) }
        object["heartbeatMs"] = heartbeat.map { .int(max(1, $0.wholeMilliseconds)) }
        return object
    }
}

/// Reads the members of one schedule.
private struct ScheduleReader {
    private let object: JSONObject
    private let path: [String]
    var problems: [Problem] = []

    /// The terms within a schedule.
    private init(terms: JSONObject) {
        object = terms
        path = ["terms"]
        for key in object.keys where !StepTerms.fields.contains(key) {
            let ending = Suggestion.phrase(for: key, among: StepTerms.fields)
            add(.unknownField, key, "\(key.quoted) is not a field of terms\(ending)")
        }
    }

    init(_ json: JSONValue) {
        path = []
        object = json.object ?? [:]
        if json.object == nil {
            problems.append(
                Problem(.wrongType, at: .root, "A schedule must be an object, not \(json.kind.withArticle)."))
        }
        for key in object.keys where !Schedule.fields.contains(key) {
            let ending = Suggestion.phrase(for: key, among: Schedule.fields)
            add(.unknownField, key, "\(key.quoted) is not a field of a schedule\(ending)")
        }
    }

    mutating func read(timeZone: String) -> Schedule? {
        let name = text("name")
        if name == nil { require("name") }
        let flowID = text("flowId")
        if flowID == nil { require("flowId") }
        let times = times(timeZone: timeZone)
        var schedule = Schedule(name ?? "", flowID: flowID ?? "", times: times ?? .once(.distantFuture))
        schedule.flowVersion = text("flowVersion")
        schedule.context = member("context", "an object", \.object) ?? [:]
        schedule.tenantID = text("tenantId")
        schedule.tag = text("tag")
        schedule.priority = integer("priority", -100...100).map { Int($0) } ?? 0
        schedule.metadata = member("metadata", "an object", \.object)
        if let object = member("terms", "an object", \.object) {
            var reader = ScheduleReader(terms: object)
            schedule.terms = reader.terms()
            problems += reader.problems
        }
        schedule.startAt = time("startAt")
        schedule.endAt = time("endAt")
        schedule.jitter = integer("jitterMs", 0...86_400_000).map { .milliseconds($0) } ?? .zero
        schedule.overlap = choice("overlap") ?? schedule.overlap
        schedule.missed = choice("missed") ?? schedule.missed
        let window = integer("missedWindowMs", Schedule.tolerance.wholeMilliseconds...31_536_000_000)
        schedule.missedWindow = window.map { .milliseconds($0) } ?? schedule.missedWindow
        schedule.missedMax = integer("missedMax", 1...1_000).map { Int($0) } ?? schedule.missedMax
        schedule.pausesOnFailure = member("pauseOnFailure", "a boolean", \.bool) ?? false
        if let start = schedule.startAt, let end = schedule.endAt, end <= start {
            add(.badValue, "endAt", #""endAt" must be later than "startAt"."#)
        }
        return times == nil ? nil : schedule
    }

    private mutating func terms() -> StepTerms {
        let attempts = integer("maxAttempts", RetryPolicy.maxAttemptsBounds)
        if attempts == nil, value("backoffMs") != nil {
            add(.requiredMissing, "maxAttempts", #"With "backoffMs" terms need "maxAttempts"."#)
        }
        let longest = StepTerms.longestMs
        let backoff = integer("backoffMs", 0...longest)
        return StepTerms(
            retry: attempts.map { .every(.milliseconds(backoff ?? 0), atMost: Int($0)) },
            timeout: integer("timeoutMs", 1...longest).map { .milliseconds($0) },
            heartbeat: integer("heartbeatMs", 1...longest).map { .milliseconds($0) })
    }

    private mutating func times(timeZone: String) -> ScheduleTimes? {
        let given = ["cron", "intervalMs", "at"].filter { value($0) != nil }
        if given.count != 1 {
            let place = given.dropFirst().first ?? "cron"
            add(
                given.isEmpty ? .requiredMissing : .badValue, place,
                #"A schedule has exactly one of "cron", "intervalMs" and "at"; this has \#(given.count)."#)
        }
        for (other, kind) in [("timeZone", "cron"), ("anchor", "intervalMs")] where value(other) != nil {
            if value(kind) == nil { add(.badValue, other, "\(other.quoted) belongs to \(kind.quoted).") }
        }
        let cron = text("cron")
        let zone = text("timeZone") ?? timeZone
        let interval = integer("intervalMs", Schedule.shortestInterval.wholeMilliseconds...31_536_000_000)
        let anchor = time("anchor") ?? Timestamp(microseconds: 0)
        let at = time("at")
        guard given.count == 1 else { return nil }
        if let cron {
            do {
                return .cron(try CronExpression(cron), timeZone: zone)
            } catch {
                problems += error.problems(at: JSONPointer(tokens: ["cron"]))
                return nil
            }
        }
        if let interval { return .interval(.milliseconds(interval), anchor: anchor) }
        return at.map { .once($0) }
    }

    private func value(_ key: String) -> JSONValue? {
        object[key].flatMap { $0.isNull ? nil : $0 }
    }

    private mutating func member<T>(_ key: String, _ expected: String, _ path: KeyPath<JSONValue, T?>) -> T? {
        guard let value = value(key) else { return nil }
        if let member = value[keyPath: path] { return member }
        add(.wrongType, key, "\(key.quoted) must be \(expected), not \(value.kind.withArticle).")
        return nil
    }

    private mutating func text(_ key: String) -> String? { member(key, "a text", \.string) }

    private mutating func integer(_ key: String, _ range: ClosedRange<Int64>) -> Int64? {
        guard let number = member(key, "an integer", \.int64) else { return nil }
        guard range.contains(number) else {
            add(.outOfRange, key, "\(key.quoted) must be from \(range.lowerBound) to \(range.upperBound).")
            return nil
        }
        return number
    }

    private mutating func time(_ key: String) -> Timestamp? {
        guard let text = text(key) else { return nil }
        if let time = Timestamp(text) { return time }
        add(.badValue, key, "\(key.quoted) must be a time as RFC 3339 writes it, such as 2026-01-31T12:00:00Z.")
        return nil
    }

    private mutating func choice<Choice: RawRepresentable & CaseIterable>(_ key: String) -> Choice?
    where Choice.RawValue == String {
        guard let text = text(key) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        let names = Choice.allCases.map(\.rawValue)
        add(
            .badValue, key,
            "\(text.quoted) is not one of \(names.joined(separator: ", "))\(Suggestion.phrase(for: text, among: names))"
        )
        return nil
    }

    private mutating func require(_ key: String) {
        guard value(key) == nil else { return }
        add(.requiredMissing, key, "A schedule needs \(key.quoted).")
    }

    private mutating func add(_ code: ProblemCode, _ key: String, _ message: String) {
        problems.append(Problem(code, at: JSONPointer(tokens: path + [key]), message))
    }
}
