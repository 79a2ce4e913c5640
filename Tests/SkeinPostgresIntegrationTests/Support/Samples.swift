import Skein
import SkeinCore
import Testing

/// Ids and rows for tests.
enum Sample {
    static let time = Timestamp(microseconds: 1_767_225_600_000_000)

    static func raw() -> UniqueID { .v7(at: SystemClock().now, random: .random(in: .min ... .max)) }
    static func execution() -> ExecutionID { ExecutionID(raw: raw()) }
    static func operation() -> OperationID { OperationID(raw: raw()) }
    static func claim() -> ClaimID { ClaimID(raw: raw()) }
    static func worker() -> WorkerID { WorkerID(raw: raw()) }
    static func executions(_ count: Int) -> [ExecutionID] { (0..<count).map { _ in execution() } }

    static func body(_ events: [ExecutionEvent], worker: WorkerID? = nil) -> [UInt8] {
        LogBody(workerID: worker, at: time, events: events).encoded()
    }

    static func creation(
        _ id: ExecutionID, flow: String = "order", tag: String? = nil, priority: Int16 = 0
    ) -> ExecutionCreation {
        ExecutionCreation(
            id: id, flowID: flow, flowVersion: "1.0.0", context: ["n": 1], tag: tag, priority: priority, createdAt: time
        )
    }

    static func create(
        _ id: ExecutionID, needs: String = "work", flow: String = "order", tag: String? = nil, priority: Int16 = 0,
        readyAt: Timestamp = time, ownership: Ownership? = nil, count: Int16 = 1
    ) -> Append {
        let creation = creation(id, flow: flow, tag: tag, priority: priority)
        return Append(
            executionID: id, position: 1, kind: .created, count: count, operationID: operation(),
            at: time, body: body([.created(creation)]),
            effect: .create(NewExecution(creation: creation, needs: needs, readyAt: readyAt), ownership: ownership))
    }

    static func step(_ id: ExecutionID, at position: Int64, count: Int16 = 1) -> Append {
        Append(
            executionID: id, position: position, kind: .step, count: count, operationID: operation(),
            at: time, body: body(Array(repeating: .started, count: Int(count))))
    }

    static func park(
        _ id: ExecutionID, at position: Int64, due: Timestamp = .distantFuture, seen: Int64 = 0, needs: String = "work",
        snapshot: Snapshot? = nil
    ) -> Append {
        Append(
            executionID: id, position: position, kind: .park, count: 1, operationID: operation(),
            at: time, body: body([.started]),
            effect: .park(due: due, seenGeneration: seen, needs: needs), snapshot: snapshot)
    }

    static func end(_ id: ExecutionID, at position: Int64) -> Append {
        Append(
            executionID: id, position: position, kind: .end, count: 1, operationID: operation(),
            at: time, body: body([.completed]),
            effect: .end(.completed), snapshot: Snapshot(status: .completed, bytes: Array("{}".utf8)))
    }

    static let cancellation = body([.cancelled(Cancellation(reason: "enough"))])
}

extension AppendOutcome {
    var isCommitted: Bool {
        if case .committed = self { true } else { false }
    }

    var isFenced: Bool {
        if case .fenced = self { true } else { false }
    }

    var isRefused: Bool {
        if case .refused = self { true } else { false }
    }
}

extension Collection<AppendOutcome> {
    var areCommitted: Bool { allSatisfy { $0.isCommitted } }
    var areFenced: Bool { allSatisfy { $0.isFenced } }
}

/// Outcomes as a whole, at the caller's line.
func expectCommitted(_ outcomes: [AppendOutcome], at location: SourceLocation = #_sourceLocation) {
    #expect(outcomes.areCommitted, sourceLocation: location)
}

func expectFenced(_ outcomes: [AppendOutcome], at location: SourceLocation = #_sourceLocation) {
    #expect(outcomes.areFenced, sourceLocation: location)
}
