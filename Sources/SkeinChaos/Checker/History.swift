// Everything that was written down about a run, read back. Judging needs nothing else: no server, no engine.

import Skein
package import SkeinCore

/// A run as its records have it.
package struct History: Sendable {
    /// A row of the log.
    package struct Row: Sendable {
        package var seq: Int64
        package var count: Int64
        package var kind: Int
        package var operation: String
        package var at: Int64
        package var body: String
        /// SHA-256, in hexadecimal.
        package var hash: String?
        package var worker: String?
        package var types: [String]
        /// The step that each event is of.
        package var steps: [String]
        /// Whether it gives an attempt to a worker outside.
        package var isHandOut: Bool

        package var last: Int64 { seq + count - 1 }
    }

    package var run: JSONValue = [:]
    package var client: [JSONValue] = []
    package var ledger: [JSONValue] = []
    package var resource: [JSONValue] = []
    package var streams: [JSONValue] = []
    package var nemesis: [JSONValue] = []
    package var log: [String: [Row]] = [:]
    package var executions: [String: JSONValue] = [:]
    package var ready: [JSONValue] = []
    package var inbox: [JSONValue] = []
    package var keys: [JSONValue] = []
    package var children: [JSONValue] = []
    package var outcomes: [JSONValue] = []
    package var ticks: [JSONValue] = []
    /// What the roll-ups say, and the ends that they have yet to count.
    package var counts: [JSONValue] = []
    package var uncounted: [JSONValue] = []
    package var left: JSONValue = [:]
    /// How often named points had effect.
    package var points: [String: Int] = [:]

    package init() {}

    /// Reads a run's folder.
    package init(_ folder: RunFolder) {
        run = LineFile.read(folder.run).last ?? [:]
        client = LineFile.read(folder.client)
        ledger = folder.ledgers
        resource = LineFile.read(folder.resource)
        streams = LineFile.read(folder.streams)
        nemesis = LineFile.read(folder.nemesis)
        for line in LineFile.read(folder.table("log")) { add(line) }
        for line in LineFile.read(folder.table("executions")) { executions[line.id.string ?? ""] = line }
        ready = LineFile.read(folder.table("ready"))
        inbox = LineFile.read(folder.table("inbox"))
        keys = LineFile.read(folder.table("keys"))
        children = LineFile.read(folder.table("children"))
        outcomes = LineFile.read(folder.table("outcomes"))
        ticks = LineFile.read(folder.table("ticks"))
        counts = LineFile.read(folder.table("counts"))
        uncounted = LineFile.read(folder.table("uncounted"))
        left = LineFile.read(folder.table("left")).last ?? [:]
        points = folder.pointCounts
    }

    /// Adds a row of the log.
    package mutating func add(_ line: JSONValue) {
        let body = line.body.string ?? ""
        let parsed = (try? JSONValue(parsing: body, limits: .dump)) ?? .null
        let row = Row(
            seq: line.seq.int64 ?? 0, count: line.n.int64 ?? 0, kind: line["kind"]?.int ?? 0,
            operation: line.op.string ?? "", at: line.at.int64 ?? 0, body: body, hash: line["hash"]?.string,
            worker: parsed.w.string,
            types: (parsed.e.array ?? []).map { $0.t.string ?? "" },
            steps: (parsed.e.array ?? []).map { $0.s.string ?? $0.wait.stepId.string ?? "" },
            isHandOut: (parsed.e.array ?? []).contains { $0.by.string != nil })
        log[line.id.string ?? "", default: []].append(row)
    }

    /// The audit events of an execution.
    func events(of id: String) throws -> (creation: ExecutionCreation, events: [AuditEvent])? {
        guard let execution = ExecutionID(id), let rows = log[id], let first = rows.first else { return nil }
        let body = try LogBody(decoding: Array(first.body.utf8), of: execution)
        guard case .created(let creation)? = body.events.first else { return nil }
        let events = try rows.flatMap { row in
            try AuditEvent.events(
                of: LogRow(
                    position: row.seq, count: Int16(clamping: row.count),
                    kind: RowKind(rawValue: Int16(clamping: row.kind)) ?? .step,
                    at: Timestamp(microseconds: row.at), body: Array(row.body.utf8)),
                in: execution, root: creation.rootID)
        }
        return (creation, events)
    }

    /// Microseconds: how long after the last fault everything must have come to its end.
    var bound: Int64 { 3 * ((run.leaseMs.int64 ?? 0) + (run.sweepMs.int64 ?? 0)) * 1_000 }
}
