// What is left of a batch while it is being committed, as a value: it decides, the store acts. A batch is one piece of
// work until something in it fails; then the halves go on by themselves until the culprit is alone.

import PostgresClient
import Skein
import SkeinCore

/// The state of one `commit` call.
struct CommitRun {
    /// Some rows that go together, and how.
    struct Work {
        var rows: ArraySlice<Int>
        /// By the careful path: somebody appended, or these rows may have been committed before.
        var isCareful = false
        /// They may have been committed before: no failure may be reported.
        var isUnknown = false
        /// Failures that called for a pause.
        var failures = 0
    }

    /// What to do after a failure.
    enum Reaction {
        case goOn
        case fail(any Error)
    }

    private let batch: [Append]
    private var outcomes: [AppendOutcome?]
    private var queue: [Work]
    /// The epoch that the rows were decided in.
    private(set) var epoch: Int

    init(_ batch: [Append], epoch: Int) {
        self.batch = batch
        self.epoch = epoch
        outcomes = Array(repeating: nil, count: batch.count)
        queue = []
        for (index, append) in batch.enumerated() {
            if let problem = append.problem { outcomes[index] = .refused(problem) }
        }
        for var rows in Self.waves(batch) {
            if outcomes.contains(where: { $0 != nil }) { rows.removeAll { outcomes[$0] != nil } }
            if !rows.isEmpty { queue.append(Work(rows: rows[...])) }
        }
    }

    /// By the ids' bytes, the order in which every transaction takes its keys. Rows of one execution, of its owner and
    /// of an operator, go one after the other: answers name executions, not rows.
    private static func waves(_ batch: [Append]) -> [[Int]] {
        // The ids beside each other: comparing through the rows would miss the cache twice each time.
        var order = batch.enumerated().map { (id: $1.executionID, index: $0) }
        order.sort { ($0.id, $0.index) < ($1.id, $1.index) }
        var waves = [order.map(\.index)]
        guard zip(order, order.dropFirst()).contains(where: { $0.id == $1.id }) else { return waves }
        waves = []
        var last: ExecutionID?
        var depth = 0
        for (id, index) in order {
            depth = id == last ? depth + 1 : 0
            last = id
            if depth == waves.count { waves.append([]) }
            waves[depth].append(index)
        }
        return waves
    }

    /// The next piece of work; nil when every outcome is known.
    mutating func next() -> Work? {
        queue.isEmpty ? nil : queue.removeFirst()
    }

    /// The outcomes in the order of the batch, once `next` has returned nil.
    func finished() throws -> [AppendOutcome] {
        let known = outcomes.compactMap { $0 }
        guard known.count == batch.count else { throw StoreError(.corrupt, "a row has no outcome") }
        return known
    }

    mutating func settle(_ rows: some Sequence<Int>, as outcome: AppendOutcome) {
        for row in rows { outcomes[row] = outcome }
    }

    /// Rows that went in; `woken` are ids of those that something has come for.
    mutating func succeed(_ rows: ArraySlice<Int>, woken: Set<PostgresUUID>) {
        guard !woken.isEmpty else { return settle(rows, as: .committed(woken: false)) }
        for row in rows { outcomes[row] = .committed(woken: woken.contains(batch[row].executionID.postgres)) }
    }

    /// The database is another than the one the rows were decided for: only beginnings may still be written.
    mutating func restrict(_ work: inout Work, to epoch: Int) {
        defer { self.epoch = epoch }
        guard self.epoch != 0, self.epoch != epoch else { return }
        settle(work.rows.filter { !batch[$0].isCreation }, as: .fenced)
        work.rows = work.rows.filter { batch[$0].isCreation }[...]
        for index in queue.indices {
            settle(queue[index].rows.filter { !batch[$0].isCreation }, as: .fenced)
            queue[index].rows = queue[index].rows.filter { batch[$0].isCreation }[...]
        }
        queue.removeAll(where: \.rows.isEmpty)
    }

    /// Decides what becomes of work that failed.
    mutating func fail(_ work: Work, _ error: PostgresError) -> Reaction {
        var work = work
        switch FailureKind(error) {
        case .unknown:
            work.isCareful = true
            work.isUnknown = true
            work.failures += 1
            queue.insert(work, at: 0)
        case .taken where !work.isCareful:
            work.isCareful = true
            queue.insert(work, at: 0)
        case .again:
            work.failures += 1
            if work.failures > 8, !work.isUnknown { return isolate(work, error) }
            queue.insert(work, at: 0)
        case .locked:
            if halve(work) { break }
            work.failures += 1
            queue.append(work)
        case .down:
            work.failures += 1
            if isUntouched, !work.isUnknown, work.failures >= error.patience { return .fail(StoreError(error)) }
            queue.insert(work, at: 0)
        case .closed:
            return .fail(isUntouched && !work.isUnknown ? StoreError(error) : CancellationError())
        case .bad, .taken, .orphan:
            return isolate(work, error)
        case .stale:
            // Nothing was written: all who took the latest version look again, the others go on.
            settle(work.rows.filter(tookLatest), as: .refused(StoreError(error)))
            work.rows = work.rows.filter { !tookLatest($0) }[...]
            queue.insert(work, at: 0)
        case .schema:
            if isUntouched, !work.isUnknown { return .fail(StoreError(error)) }
            settle(work.rows, as: .refused(StoreError(error)))
        }
        return .goOn
    }

    private func tookLatest(_ row: Int) -> Bool { batch[row].new?.execution.knownVersions != nil }

    /// Halves the work until the row that fails is alone, and refuses that one.
    private mutating func isolate(_ work: Work, _ error: PostgresError) -> Reaction {
        if !halve(work) {
            var refusal = StoreError(error)
            if refusal.code != .stale { refusal.code = .invalid }
            settle(work.rows, as: .refused(refusal))
        }
        return .goOn
    }

    /// False when there is but one row.
    private mutating func halve(_ work: Work) -> Bool {
        guard work.rows.count > 1 else { return false }
        let middle = work.rows.startIndex + work.rows.count / 2
        var (first, second) = (work, work)
        first.rows = work.rows[..<middle]
        second.rows = work.rows[middle...]
        queue.insert(contentsOf: [first, second], at: 0)
        return true
    }

    /// Nothing has been written and nothing may have been.
    private var isUntouched: Bool {
        outcomes.allSatisfy { $0 == nil } && queue.allSatisfy { !$0.isUnknown }
    }
}
