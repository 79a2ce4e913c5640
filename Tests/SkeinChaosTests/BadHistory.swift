import Skein
import SkeinCore

@testable import SkeinChaos

/// A history that is well, to be spoiled in one place.
enum BadHistory {
    static let id = "01900000-0000-7000-8000-000000000001"
    static let worker = "01900000-0000-7000-8000-00000000000a"
    static let other = "01900000-0000-7000-8000-00000000000b"

    static func row(_ seq: Int64, _ kind: Int64, _ events: [JSONValue], by worker: String = worker, of id: String = id)
        -> JSONValue
    {
        let body: JSONValue = ["w": .string(worker), "at": 1, "e": .array(events)]
        return [
            "id": .string(id), "seq": .int(seq), "n": .int(Int64(events.count)), "kind": .int(kind), "op": "o",
            "at": .int(1_000_000 + seq), "body": .string(body.text()),
        ]
    }

    static func with(_ row: JSONValue, _ key: String, _ value: JSONValue) -> JSONValue {
        var object = row.object ?? [:]
        object[key] = value
        return .object(object)
    }

    static func event(_ type: String, _ step: String? = nil) -> JSONValue {
        var event: JSONObject = ["t": .string(type)]
        event["s"] = step.map { .string($0) }
        return .object(event)
    }

    /// One execution of one step that completed.
    static func rows(end: JSONValue = event("execution.completed")) -> [JSONValue] {
        [
            row(1, 1, [event("execution.created")]),
            row(2, 2, [event("execution.started"), event("step.completed", "s0")]),
            row(4, 4, [end]),
        ]
    }

    /// As the engine writes them: one step that completed, of the flow `brief`.
    static func real(outcome: String = "step.completed", twice: Bool = false) -> [JSONValue] {
        let created: JSONValue = [
            "t": "execution.created", "flow": "brief", "version": "1.0.0", "context": ["go": true, "marker": 1],
            "key": "k", "createdAt": 1,
        ]
        let step: JSONValue = ["t": .string(outcome), "s": "s0", "a": 1, "b": 2, "f": 3, "o": "s0@2", "k": "s0"]
        let middle = [event("execution.started"), step] + (twice ? [step] : [])
        return [row(1, 1, [created]), row(2, 4, middle + [event("execution.completed")])]
    }

    /// The same rows, each with its hash.
    static func hashed(_ rows: [JSONValue] = rows()) -> [JSONValue] {
        var chain: [UInt8]?
        return rows.map { line in
            var row = line.object ?? [:]
            row["op"] = .string(other)
            guard let execution = ExecutionID(line.id.string ?? ""), let operation = OperationID(other) else {
                return line
            }
            let hash = RowHash.of(
                execution, position: line.seq.int64 ?? 0, count: Int16(line.n.int ?? 0),
                kind: RowKind(rawValue: Int16(line["kind"]?.int ?? 0)) ?? .step, operationID: operation,
                body: Array((line.body.string ?? "").utf8), after: chain)
            row["hash"] = .string(LogIsEvidence.hex(hash))
            chain = hash
            return .object(row)
        }
    }

    static func history(_ rows: [JSONValue] = rows(), ended: Bool = true) -> History {
        var history = History()
        history.run = ["leaseMs": 1_000, "sweepMs": 1_000, "dumpedAt": 100_000_000]
        for row in rows { history.add(row) }
        history.executions[id] = ["id": .string(id), "flow": "brief", "status": 10, "seq": 0]
        if !ended { history.ready = [["id": .string(id), "flow": "brief", "paused": false]] }
        return history
    }

    static func start(_ step: String, attempt: Int64, fence: Int64, token: String, undo: Bool = false) -> JSONValue {
        [
            "event": "start", "execution": .string(id), "flow": "brief", "step": .string(step),
            "attempt": .int(attempt),
            "fence": .int(fence), "token": .string(token), "undo": .bool(undo),
        ]
    }
}
