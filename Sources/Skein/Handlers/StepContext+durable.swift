// Durable code: what a handler does in pieces that are each done once, whatever happens in between.

public import SkeinCore

extension StepContext {
    /// Does a piece of work once and records its result under a name. After a crash, a retry or a wait the recorded
    /// result is returned instead. The same name again, one after the other, is another piece (`name#2`).
    ///
    /// - Parameters:
    ///   - retries: attempts after the first within this attempt of the step, 0.1 s, 0.2 s, … apart.
    ///   - timeout: the longest one attempt may take.
    ///   - compensate: undoes the piece when the execution is rolled back, in the reverse order of the pieces: the code is
    ///     entered again, finds what was recorded, and says how to undo it. May be called more than once. A step that the
    ///     flow gives a compensation of its own is undone by that instead.
    /// - Throws: what the last attempt threw; `StepFailure` with WORKFLOW_DEFINITION_CHANGED when an earlier attempt
    ///   recorded something else here, DUPLICATE_CHECKPOINT when the name is under way already, INVALID_TRANSITION inside
    ///   another piece of work.
    public func run<Value: Codable & Sendable>(
        _ name: String, retries: Int = 0, timeout: Duration? = nil,
        _ body: @escaping @concurrent @Sendable () async throws -> Value,
        compensate: (@concurrent @Sendable (Value) async throws -> Void)? = nil
    ) async throws -> Value {
        try Task.checkCancellation()
        let replay = replaying()
        switch try replay.ask(name) {
        case .recorded(let recorded, let key):
            let value: Value = try recordedValue(recorded, of: name)
            if replay.purpose == .undoing, let compensate { replay.undo(key) { try await compensate(value) } }
            return value
        case .new(let key):
            defer { replay.done(name) }
            let began = clock.now
            let value = try await Replay.$piece.withValue(Replay.Piece(replay: replay)) {
                try await attempt(name, retries: retries, timeout: timeout, body)
            }
            let encoded = EncodedValue(encoding: try JSONValueEncoder().encode(value))
            try await keep(key, encoded, since: began, isUndoable: compensate != nil, replay)
            return value
        }
    }

    @available(
        *, unavailable,
        message:
            "what a checkpoint returns is recorded: it must be Codable and Sendable; where nothing is returned, use perform"
    )
    public func run<Value>(
        _ name: String, retries: Int = 0, timeout: Duration? = nil,
        _ body: @escaping @concurrent @Sendable () async throws -> Value
    ) async throws -> Value {
        try await body()
    }

    /// The same for work without a result.
    public func perform(
        _ name: String, retries: Int = 0, timeout: Duration? = nil,
        _ body: @escaping @concurrent @Sendable () async throws -> Void,
        compensate: (@concurrent @Sendable () async throws -> Void)? = nil
    ) async throws {
        let undo = compensate.map { undo in { @concurrent @Sendable (_: Bool) async throws in try await undo() } }
        _ = try await run(
            name, retries: retries, timeout: timeout,
            {
                try await body()
                return true
            }, compensate: undo)
    }

    /// Does the same to every element, at most `concurrency` at once; each result is recorded by itself. Results are in
    /// the order of the elements.
    public func fanOut<Element: Sendable, Value: Codable & Sendable>(
        _ name: String, over elements: [Element], concurrency: Int = 16,
        _ body: @escaping @concurrent @Sendable (Element) async throws -> Value
    ) async throws -> [Value] {
        let names = elements.indices.map { "\(name)/\($0)" }
        replaying().announce(names)
        return try await withThrowingTaskGroup(of: (Int, Value).self) { group in
            var results = [Value?](repeating: nil, count: elements.count)
            var next = 0
            while next < elements.count || !group.isEmpty {
                if next < elements.count, next < max(1, concurrency) {
                    add(names, elements, next, &group, body)
                    next += 1
                    continue
                }
                guard let (index, value) = try await group.next() else { break }
                results[index] = value
                if next < elements.count {
                    add(names, elements, next, &group, body)
                    next += 1
                }
            }
            return results.compactMap { $0 }
        }
    }

    private func add<Element: Sendable, Value: Codable & Sendable>(
        _ names: [String], _ elements: [Element], _ index: Int,
        _ group: inout ThrowingTaskGroup<(Int, Value), any Error>,
        _ body: @escaping @concurrent @Sendable (Element) async throws -> Value
    ) {
        let (name, element) = (names[index], elements[index])
        group.addTask { (index, try await self.run(name) { try await body(element) }) }
    }

    /// Runs pieces of work beside each other, each recorded by itself.
    public func all<each Value: Codable & Sendable>(
        _ pieces: repeat (String, @concurrent @Sendable () async throws -> each Value)
    ) async throws -> (repeat each Value) {
        var names: [String] = []
        for (name, _) in repeat each pieces { names.append(name) }
        replaying().announce(names)
        let tasks = (repeat started(each pieces))
        return try await withTaskCancellationHandler {
            (repeat try await (each tasks).value)
        } onCancel: {
            for task in repeat each tasks { task.cancel() }
        }
    }

    private func started<Value: Codable & Sendable>(
        _ piece: (String, @concurrent @Sendable () async throws -> Value)
    ) -> Task<Value, any Error> {
        let (name, body) = piece
        // A pack cannot be given to a group; cancellation is passed on by hand.
        return Task { try await self.run(name, body) }
    }

    /// A piece of work that gets the key under which its result is recorded; nothing is done when it was before.
    func piece(_ name: String, _ body: (_ key: String) async throws -> JSONValue) async throws {
        try Task.checkCancellation()
        let replay = replaying()
        guard case .new(let key) = try replay.ask(name) else { return }
        defer { replay.done(name) }
        let began = clock.now
        let value = try await body(key)
        try await keep(key, EncodedValue(encoding: value), since: began, isUndoable: false, replay)
    }

    // MARK: - Waiting

    /// Leaves the handler until the time has passed; it holds no worker meanwhile. Called again after that, it returns
    /// at once.
    public func sleep(for duration: Duration, name: String = "sleep") async throws {
        _ = try leave(name) { WaitRequest(until: .time(now + duration), reason: "sleeps") }
    }

    /// The same until a time.
    public func sleep(until time: Timestamp, name: String = "sleep") async throws {
        _ = try leave(name) { WaitRequest(until: .time(time), reason: "sleeps") }
    }

    /// Leaves the handler until the signal comes. Nil: nothing came within the timeout, or a payload of null did.
    public func waitForSignal(named name: String, timeout: Duration? = nil) async throws -> JSONValue? {
        let value = try leave("signal:\(name)") {
            WaitRequest(until: .signal(name), timeout: timeout, reason: "waits for the signal '\(name)'")
        }
        return value.isNull ? JSONValue?.none : value
    }

    func leave(_ name: String, _ request: () -> WaitRequest) throws -> JSONValue {
        try Task.checkCancellation()
        let replay = replaying()
        switch try replay.ask(name) {
        case .recorded(let value, _): return value
        case .new(let key):
            var request = request()
            request.reentry = key
            throw replay.leave(request)
        }
    }

    // MARK: - Values that are the same in every attempt

    /// A UUID (version 8 of RFC 9562) that belongs to this name, in every attempt of this visit of the step.
    public func uuid(_ name: String) -> UniqueID {
        let words = words("uuid/\(name)")
        return UniqueID(high: words.0 & ~0xF000 | 0x8000, low: words.1 & ~(3 << 62) | 2 << 62)
    }

    /// A number from 0 up to 1 that belongs to this name, in every attempt of this visit of the step.
    public func random(_ name: String) -> Double {
        Double(words("random/\(name)").0 >> 11) * 0x1p-53
    }

    func words(_ purpose: String) -> (UInt64, UInt64) {
        let bytes = digest(purpose)
        func word(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        return (word(bytes[0..<8]), word(bytes[8..<16]))
    }

    // MARK: - Small parts

    private func attempt<Value: Sendable>(
        _ name: String, retries: Int, timeout: Duration?,
        _ body: @escaping @concurrent @Sendable () async throws -> Value
    ) async throws -> Value {
        var delay = Duration.milliseconds(100)
        for left in stride(from: max(0, retries), through: 0, by: -1) {
            do {
                return try await limited(name, timeout, body)
            } catch {
                let isFinal = (error as? StepFailure).map { !$0.isRetryable } ?? (error is CancellationError)
                if isFinal || left == 0 || Task.isCancelled { throw error }
                try await clock.sleep(for: delay)
                delay = min(delay * 2, .seconds(30))
            }
        }
        throw CancellationError()
    }

    private func limited<Value: Sendable>(
        _ name: String, _ timeout: Duration?, _ body: @escaping @concurrent @Sendable () async throws -> Value
    ) async throws -> Value {
        guard let timeout else { return try await body() }
        switch await TimeLimit.run(timeout, clock: clock, body) {
        case .finished(let result): return try result.get()
        case .cancelled: throw CancellationError()
        case .timedOut, .silent:
            throw StepFailure(
                "TIMEOUT", "the checkpoint '\(name)' did not end within \(timeout.wholeMilliseconds) ms")
        }
    }

    private func keep(
        _ key: String, _ value: EncodedValue, since began: Timestamp, isUndoable: Bool, _ replay: Replay
    ) async throws {
        guard !value.value.isDeeper(than: JSONLimits.stored.maxDepth), !value.mayHoldNul || value.value.isStorable
        else {
            throw StepFailure.notStorable
        }
        try await record(.checkpointReached(stepID, name: key, value: value, startedAt: began, isUndoable: isUndoable))
        replay.done(key, at: clock.now)
    }

    /// Undoes what the code recorded, the last piece first, each recorded when it is undone.
    func undoPieces() async throws {
        let done = Set(recorded.map(\.name))
        for piece in recorded.reversed() where piece.isUndoable {
            let name = "undo:\(piece.name)"
            if done.contains(name) { continue }
            guard let undoer = replay?.undoer(of: piece.name) else {
                throw StepFailure(
                    "WORKFLOW_DEFINITION_CHANGED",
                    "the code did not come by '\(piece.name)' again, so nothing says how to undo it", isRetryable: false
                )
            }
            try Task.checkCancellation()
            let began = clock.now
            try await undoer()
            try await record(.checkpointReached(stepID, name: name, value: EncodedValue(.null), startedAt: began))
        }
    }

    func record(_ fact: Fact) async throws {
        guard let keeper else {
            throw StepFailure(
                "INVALID_TRANSITION", "a compensation has no checkpoints: it is one piece of work", isRetryable: false)
        }
        try await keeper.record(fact, of: self)
    }

    func recordedValue<Value: Decodable>(_ value: JSONValue, of name: String) throws -> Value {
        do {
            return try JSONValueDecoder().decode(Value.self, from: value)
        } catch {
            throw StepFailure(
                "WORKFLOW_DEFINITION_CHANGED",
                "what was recorded as '\(name)' does not fit what the code expects of it: \(error)", isRetryable: false)
        }
    }
}
