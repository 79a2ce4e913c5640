import Skein
import SkeinCore
import Testing

/// Tasks that take too long.
@Suite(.everyStore, .timeLimit(.minutes(3)))
struct TaskTimeTests {
    typealias Raw = TaskContext<JSONValue>

    /// A task whose handler waits for time to pass, and what became of it.
    private func run(_ options: TaskHandlerOptions, beats: Bool) async throws -> (TaskRecord, [TaskEvent]) {
        let bench = try await TaskBench()
        let ledger = bench.ledger
        bench.engine.use("slow", options: options) { [clock = bench.bench.clock] (task: Raw, _) in
            ledger.note("run")
            while !task.isCancelled {
                try await clock.sleep(for: .milliseconds(100))
                if beats { try await task.heartbeat() }
            }
            throw CancellationError()
        }
        let id = try await bench.engine.async("slow").execution.id
        let driving = Task { try await bench.settle() }
        while try await bench.engine.taskRecord(id).status != .permanentlyFailed {
            bench.bench.clock.advance(by: .milliseconds(50))
            for _ in 0..<20 { await Task.yield() }
            if ledger.all.count == 1, try await bench.engine.taskRecord(id).status == .timeout {
                try await bench.settle()
            }
        }
        try await driving.value
        #expect(ledger.all.count == options.maxRetries)
        return (try await bench.engine.taskRecord(id), try await bench.engine.taskEvents(of: id))
    }

    @Test func `F05 a task that gives no sign of life has timed out`() async throws {
        let (task, events) = try await run(.init(heartbeatTimeout: .seconds(1), maxRetries: 2), beats: false)
        #expect(task.error?.code == "TIMEOUT" && task.retryCount == 1)
        let timeouts = events.filter { $0.type == "task_timed_out" }
        #expect(timeouts.map { $0.metadata["timeout_type"] } == ["heartbeat", "heartbeat"])
        #expect(events.first { $0.type == "task_retry_scheduled" }?.metadata["previous_status"] == "timeout")
    }

    @Test func `F06 a task that takes too long has timed out, whatever signs of life it gives`() async throws {
        let (task, events) = try await run(
            .init(timeout: .seconds(2), heartbeatTimeout: .seconds(1), maxRetries: 1), beats: true)
        #expect(task.error?.code == "TIMEOUT")
        #expect(events.filter { $0.type == "task_timed_out" }.map { $0.metadata["timeout_type"] } == ["total"])
    }
}
