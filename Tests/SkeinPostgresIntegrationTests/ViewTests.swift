import PostgresClient
import Skein
import SkeinCore
import SkeinPostgres
import Testing

@Suite(.enabled(if: TestDatabase.isSet, TestDatabase.reason), .timeLimit(.minutes(2)))
struct ViewTests {
    private func attempt(_ step: String, _ number: Int) -> StepAttempt {
        StepAttempt(
            stepID: StepID(step), attempt: number, startedAt: Sample.time, endedAt: Sample.time + .milliseconds(1_500))
    }

    @Test func `events are numbered without gaps, and attempts and steps follow from them`() async throws {
        try await TestDatabase.withStore { store, schema in
            let id = Sample.execution()
            let worker = Sample.worker()
            let rows: [[ExecutionEvent]] = [
                [
                    .started, .stepFailed(attempt("charge", 1), Failure("OOPS", "no\u{0}luck"), next: nil),
                    .retryScheduled("charge", retry: 1, of: 3, at: Sample.time),
                ],
                [.stepCompleted(attempt("charge", 2), output: StepOutput(["paid": true]), next: "ship")],
                [.stepCompleted(attempt("ship", 1), output: nil, next: nil), .completed],
            ]
            _ = try await store.commit([Sample.create(id)], writer: 0)
            var position: Int64 = 2
            for events in rows {
                let row = Append(
                    executionID: id, position: position, kind: .step, count: Int16(events.count),
                    operationID: Sample.operation(),
                    at: Sample.time, body: Sample.body(events, worker: worker))
                #expect(try await store.commit([row], writer: 0)[0].isCommitted)
                position += Int64(events.count)
            }
            let events = try await schema.rows(
                "SELECT seq, type, step_id, message, worker_id FROM events WHERE execution_id = '\(id)' ORDER BY seq")
            #expect(try events.map { try $0.int64(0) } == [1, 2, 3, 4, 5, 6, 7])
            #expect(try events.map { try $0.string(1) }.last == "execution.completed")
            #expect(try events[2].string(3) == "no\u{FFFD}luck")
            #expect(try events[4].uuid(4) == PostgresUUID(high: worker.raw.high, low: worker.raw.low))
            let attempts = try await schema.rows(
                "SELECT step_id, attempt, outcome, duration_ms::float8 FROM attempts WHERE execution_id = '\(id)' ORDER BY seq"
            )
            #expect(try attempts.map { try $0.string(2) } == ["failed", "completed", "completed"])
            // The same in the reports, the latest first.
            var query = ReportQuery(.events)
            #expect(try await store.report(query)?.map { $0["seq"]?.int64 } == [7, 6, 5, 4, 3, 2, 1])
            #expect(try await store.report(query)?.contains { $0["message"] == "no\u{FFFD}luck" } == true)
            query.limit = 2
            #expect(try await store.report(query)?.map { $0["type"] } == ["execution.completed", "step.completed"])
            query.until = Sample.time
            #expect(try await store.report(query)?.count == 0)
            query = ReportQuery(.attempts)
            #expect(try await store.report(query)?.map { $0["stepId"] } == ["ship", "charge", "charge"])
            #expect(try await store.report(query)?.map { $0["durationMs"]?.double } == [1_500, 1_500, 1_500])
            #expect(try attempts[0].double(3) == 1_500)
            let steps = try await schema.rows(
                "SELECT step_id, status, attempt FROM steps WHERE execution_id = '\(id)' ORDER BY step_id")
            #expect(try steps.map { try $0.string(1) } == ["completed", "completed"])
            #expect(try steps[0].int32(2) == 2)
        }
    }

    @Test func `one execution's events are found by the key`() async throws {
        try await TestDatabase.withSchema { schema in
            let connection = try await schema.connect()
            for view in ["events", "attempts", "steps"] {
                let statement = PostgresStatement("view_\(view)", "SELECT * FROM \(view) WHERE execution_id = $1")
                let plan = try await PlanTests.explain(statement, on: connection)
                #expect(!plan.contains { $0.contains("Seq Scan") }, "\(plan.joined(separator: "\n"))")
                #expect(plan.contains { $0.contains("log_default_pkey") }, "\(plan.joined(separator: "\n"))")
            }
            await connection.close()
        }
    }
}
