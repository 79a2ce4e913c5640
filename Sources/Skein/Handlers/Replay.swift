// What the code of one attempt has asked for so far, beside what earlier attempts recorded.

import SkeinCore
import Synchronization

/// Matches the names that code asks for with those that were recorded. Order counts: code that asks for something new
/// before it has taken what an earlier attempt recorded is other code than that attempt ran.
final class Replay: Sendable {
    /// What a name stands for.
    enum Answer {
        case recorded(JSONValue, key: String)
        /// Do it, and record it under this key.
        case new(key: String)
    }

    private struct State {
        /// Recorded and not yet asked for, in order.
        var left: [Checkpoint]
        var times: [String: Int] = [:]
        /// Names whose work is under way.
        var active: Set<String> = []
        /// Names that were announced together, whose order does not count.
        var together: Set<String> = []
        var departure: WaitRequest?
        var time: Timestamp?
        /// How pieces are undone, by their keys.
        var undoers: [String: Undoer] = [:]
        /// The code has come to the first piece that was never done.
        var isOver = false

        mutating func end() -> CancellationError {
            isOver = true
            return CancellationError()
        }
    }

    /// A piece of work that the code is in.
    struct Piece: Sendable {
        let replay: Replay
        /// Its row is under way: another that waited for it would never come.
        var isTransaction = false
    }

    @TaskLocal static var piece: Piece?

    typealias Undoer = @concurrent @Sendable () async throws -> Void

    /// What the code is entered for.
    enum Purpose {
        /// To do what is not recorded yet.
        case work
        /// To say how to undo what is recorded. Nothing new is done.
        case undoing
        /// To see whether it still asks for what is recorded, in that order. Nothing new is done.
        case checking
    }

    let purpose: Purpose
    private let state: Mutex<State>

    init(_ recorded: [Checkpoint], for purpose: Purpose = .work) {
        self.purpose = purpose
        state = Mutex(State(left: recorded))
    }

    /// A piece of this key has been done, and this undoes it.
    func undo(_ key: String, by undoer: @escaping Undoer) {
        state.withLock { $0.undoers[key] = undoer }
    }

    /// The first of what is recorded that nobody has asked for.
    var unasked: String? { state.withLock { $0.left.first { !$0.name.hasPrefix("undo:") }?.name } }

    func undoer(of key: String) -> Undoer? { state.withLock { $0.undoers[key] } }

    /// The wait that the code left for.
    var departure: WaitRequest? { state.withLock { $0.departure } }
    var time: Timestamp? { state.withLock { $0.time } }

    /// Names that run at once: they may have been recorded in any order.
    func announce(_ names: [String]) {
        state.withLock { $0.together.formUnion(names) }
    }

    /// - Throws: `CancellationError` after a departure, `StepFailure` for a name that is under way or out of order.
    func ask(_ name: String) throws -> Answer {
        try checkOutsidePieces(name)
        return try state.withLock { state in
            if state.departure != nil || state.isOver { throw CancellationError() }
            guard state.active.insert(name).inserted else {
                throw StepFailure(
                    "DUPLICATE_CHECKPOINT", "two checkpoints named '\(name)' run at once; their order would be chance",
                    isRetryable: false)
            }
            let count = state.times[name, default: 0] + 1
            state.times[name] = count
            let key = count == 1 ? name : "\(name)#\(count)"
            let place = state.left.firstIndex { $0.name == key }
            if purpose == .undoing, place == nil { throw state.end() }
            // What was recorded before it must have been asked for, except what ran beside other work.
            let passed = state.left[..<(place ?? state.left.endIndex)].first { !state.together.contains($0.name) }
            if let passed, place == nil || !state.together.contains(key) {
                state.active.remove(name)
                throw Self.changed(asked: key, recorded: passed.name)
            }
            guard let place else {
                if purpose == .checking { throw state.end() }
                return .new(key: key)
            }
            let found = state.left.remove(at: place)
            state.active.remove(name)
            state.time = max(state.time ?? found.at, found.at)
            return .recorded(found.value, key: key)
        }
    }

    /// What is asked for inside a piece of the step's own would be missing after a crash behind it: the piece is then
    /// not entered again.
    ///
    /// - Parameter transactions: only inside one of these.
    func checkOutsidePieces(_ name: String, transactions: Bool = false) throws {
        guard let piece = Self.piece, piece.replay === self, piece.isTransaction || !transactions else { return }
        throw StepFailure(
            "INVALID_TRANSITION",
            "'\(name)' was asked for inside another piece of work, which is recorded as a whole: ask before or after it",
            isRetryable: false)
    }

    /// The work of a name is over; `time`: it was recorded.
    func done(_ name: String, at time: Timestamp? = nil) {
        state.withLock { state in
            state.active.remove(name)
            if let time { state.time = max(state.time ?? time, time) }
        }
    }

    /// The code leaves, to be entered again when the wait is over.
    func leave(_ request: WaitRequest) -> CancellationError {
        state.withLock { state in
            if state.departure == nil { state.departure = request }
        }
        return CancellationError()
    }

    private static func changed(asked: String, recorded: String) -> StepFailure {
        StepFailure(
            "WORKFLOW_DEFINITION_CHANGED",
            "the code asked for '\(asked)' where an earlier attempt recorded '\(recorded)': it has changed under a running execution",
            details: ["asked": .string(asked), "recorded": .string(recorded)], isRetryable: false)
    }
}
