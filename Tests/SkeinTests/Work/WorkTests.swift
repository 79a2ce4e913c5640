import Skein
import SkeinCore
import Testing

/// Steps that workers outside run.
@Suite(.everyStore, .timeLimit(.minutes(2)))
struct WorkTests {
    @Test func `a remote step between local ones is claimed, completed, and the flow goes on`() async throws {
        let bench = try await WorkBench()
        let id = try await bench.start()
        let batch = try await bench.claim()
        let item = try #require(batch.items.first)
        #expect(batch.items.count == 1 && item.handle.executionID == id && item.handle.stepID == "charge")
        #expect(item.type == "charge" && item.attempt == 1 && item.input == 42 && item.config == ["currency": "EUR"])
        #expect(item.context["amount"] == 42 && item.context["first"] != nil)
        #expect(item.lease == WorkBench.lease && item.deadline == nil && item.idempotencyToken.utf8.count == 32)
        #expect(item.handle.workerID == batch.workerID && !item.isCompensation && item.checkpoints.isEmpty)
        let running = try await bench.engine.execution(id)
        #expect(running.status == .running && running.workerID == batch.workerID)
        #expect(try await bench.types(id).last == "step.started")
        let answer = try await bench.engine.work.complete(item.handle, output: ["paid": true])
        #expect(!answer.isRepeat && answer.execution.context["receipt"] == ["paid": true])
        try await bench.settle()
        let done = try await bench.engine.execution(id)
        #expect(done.status == .completed && done.context["last"] == ["paid": true])
        let events = try await bench.engine.events(of: id)
        let ours = events.filter { $0.stepID == "charge" }
        #expect(ours.map(\.type) == ["step.started", "step.completed"])
        #expect(ours.allSatisfy { $0.workerID == batch.workerID })
        #expect(events.map(\.seq) == Array(1...Int64(events.count)))
    }

    @Test func `a task that only a worker outside has can be asked for once the worker has asked for work`()
        async throws
    {
        let bench = try await WorkBench()
        let refused = await refusal { try await bench.engine.enqueue("mail", payload: 1, options: TaskOptions()) }
        #expect(refused == .handlerNotFound)
        #expect(try await bench.claim(["task:mail", "task:"]).items.isEmpty)
        let task = try await bench.other.enqueue("mail", payload: ["to": "ann"], options: TaskOptions(maxRetries: 2))
        let item = try await bench.item(["task:mail"])
        #expect(item.handle.executionID == task.execution.id && item.input == ["to": "ann"])
        _ = try await bench.engine.work.complete(item.handle, output: "sent")
        try await bench.settle()
        #expect(try await bench.engine.taskRecord(task.execution.id).result == "sent")
    }

    @Test func `what one instance gave away another takes back`() async throws {
        let bench = try await WorkBench()
        let id = try await bench.start()
        let item = try await bench.item()
        let pulse = try await bench.other.work.heartbeat([WorkBeat(item.handle)])
        #expect(pulse.map(\.isCancelled) == [false])
        _ = try await bench.other.work.complete(item.handle, output: 1)
        try await bench.settle(bench.other)
        #expect(try await bench.engine.execution(id).status == .completed)
    }

    @Test func `telling the same again is answered again, and telling something else is refused`() async throws {
        let bench = try await WorkBench()
        let id = try await bench.start()
        let item = try await bench.item()
        _ = try await bench.engine.work.complete(item.handle, output: ["n": 1])
        #expect(try await bench.other.work.complete(item.handle, output: ["n": 1]).isRepeat)
        try await bench.settle()
        #expect(try await bench.engine.work.complete(item.handle, output: ["n": 1]).isRepeat)
        #expect(await refusal { try await bench.engine.work.complete(item.handle, output: ["n": 2]) } == .fenced)
        #expect(await refusal { try await bench.engine.work.fail(item.handle, StepFailure("NO")) } == .fenced)
        #expect(try await bench.types(id).count { $0 == "step.completed" } == 3)
    }

    @Test func `a worker that was frozen beyond its lease is refused and its result is nowhere`() async throws {
        let bench = try await WorkBench()
        let id = try await bench.start()
        let late = try await bench.item()
        bench.clock.advance(by: WorkBench.lease + .seconds(1))
        let second = try await bench.item()
        #expect(second.attempt == 2 && second.handle.fencingToken > late.handle.fencingToken)
        #expect(second.idempotencyToken == late.idempotencyToken)
        #expect(await refusal { try await bench.engine.work.complete(late.handle, output: "late") } == .fenced)
        #expect(try await bench.engine.work.heartbeat([WorkBeat(late.handle)]).map(\.isCancelled) == [true])
        _ = try await bench.other.work.complete(second.handle, output: "good")
        try await bench.settle()
        let done = try await bench.engine.execution(id)
        #expect(done.status == .completed && done.context["receipt"] == "good")
        let types = try await bench.types(id)
        #expect(types.count { $0 == "execution.recovered" } == 1)
        #expect(types.filter { $0 == "step.started" }.count == 2)
    }

    @Test func `a completion that comes before anybody took over counts, although the lease is over`() async throws {
        let bench = try await WorkBench()
        let id = try await bench.start()
        let item = try await bench.item()
        bench.clock.advance(by: WorkBench.lease + .seconds(1))
        _ = try await bench.engine.work.complete(item.handle, output: "just")
        try await bench.settle()
        #expect(try await bench.engine.execution(id).context["receipt"] == "just")
        #expect(try await !bench.types(id).contains("execution.recovered"))
    }

    @Test func `heartbeats keep the lease, and progress and checkpoints are found by the next attempt`() async throws {
        let bench = try await WorkBench()
        let id = try await bench.start()
        let item = try await bench.item()
        for round in 1...5 {
            bench.clock.advance(by: .seconds(7))
            let beat = WorkBeat(
                item.handle, progress: Progress(stageName: "paying", percent: Double(round)),
                checkpoint: ("round \(round)", .int(Int64(round))))
            let pulse = try await bench.engine.work.heartbeat([beat])
            #expect(pulse.map(\.lease) == [WorkBench.lease] && pulse[0].error == nil)
            try await bench.hand()
        }
        #expect(try await bench.engine.execution(id).progress?.percent == 5)
        let repeated = try await bench.engine.work.heartbeat([WorkBeat(item.handle, checkpoint: ("round 1", 1))])
        #expect(repeated[0].error == nil)
        let other = try await bench.engine.work.heartbeat([WorkBeat(item.handle, checkpoint: ("round 1", 2))])
        #expect(other[0].error?.code == .invalidTransition && !other[0].isCancelled)
        bench.clock.advance(by: WorkBench.lease + .seconds(1))
        let second = try await bench.item()
        #expect(second.checkpoints.count == 5 && second.checkpoints["round 3"] == 3)
        _ = try await bench.engine.work.complete(second.handle)
        try await bench.settle()
        #expect(try await bench.engine.execution(id).status == .completed)
    }

    @Test func `a failure is retried as the step says, and then fails the execution`() async throws {
        let bench = try await WorkBench()
        var flow = try #require(WorkBench.flow.object)
        var steps = try #require(flow["steps"]?.object)
        var charge = try #require(steps["charge"]?.object)
        charge["retry"] = ["maxAttempts": 1, "backoffMs": 1_000]
        steps["charge"] = .object(charge)
        flow["steps"] = .object(steps)
        let id = try await bench.start(.object(flow))
        let first = try await bench.item()
        _ = try await bench.engine.work.fail(first.handle, StepFailure("DECLINED", "no money", details: ["x": 1]))
        try await bench.settle()
        #expect(try await bench.claim().items.isEmpty, "not before the retry is due")
        #expect(try await bench.engine.work.fail(first.handle, StepFailure("DECLINED", "no money")).isRepeat)
        bench.clock.advance(by: .seconds(2))
        let second = try await bench.item()
        #expect(second.attempt == 2)
        _ = try await bench.engine.work.fail(second.handle, StepFailure("DECLINED", "no money", isRetryable: false))
        let failed = try await bench.engine.execution(id)
        #expect(failed.status == .failed && failed.error?.code == "DECLINED" && failed.error?.stepID == "charge")
    }

    @Test func `waits let go of the worker and end as those of handlers in process do`() async throws {
        let bench = try await WorkBench()
        let id = try await bench.start()
        let item = try await bench.item()
        let answer = try await bench.engine.work.wait(
            item.handle, WorkWait(until: .token(expiresIn: nil, metadata: ["for": "ann"]), reason: "ann decides"))
        let token = try #require(answer.token)
        try await bench.settle()
        let waiting = try await bench.engine.execution(id)
        #expect(waiting.status == .waiting && waiting.wait?.kind == .token && waiting.workerID == nil)
        #expect(
            try await bench.engine.work.wait(item.handle, WorkWait(until: .token(expiresIn: nil, metadata: nil)))
                .isRepeat)
        _ = try await bench.engine.resume(token: token.token, data: ["ok": true])
        try await bench.settle()
        let done = try await bench.engine.execution(id)
        #expect(done.status == .completed && done.context["receipt"] == ["ok": true])

        let timed = try await bench.start()
        let second = try await bench.item()
        _ = try await bench.engine.work.wait(second.handle, WorkWait(until: .delay(.seconds(60))))
        try await bench.settle()
        #expect(try await bench.engine.execution(timed).wait?.kind == .timer)
        bench.clock.advance(by: .seconds(61))
        try await bench.settle()
        #expect(try await bench.engine.execution(timed).status == .completed)
    }

    @Test func `who has no handler for it gets nothing, and nobody's id is an instance's`() async throws {
        let bench = try await WorkBench()
        let id = try await bench.start()
        #expect(try await bench.claim(["other"]).items.isEmpty)
        let waiting = try await bench.engine.execution(id)
        #expect(waiting.wait?.kind == .handler)
        #expect(
            await refusal {
                try await bench.engine.work.claim(WorkRequest(handlers: ["charge"], workerID: bench.engine.workerID))
            } == .invalidRequest)
        let wrong = WorkRequest(handlers: [], limit: 0, wait: .seconds(61))
        #expect(Set(wrong.problems().map(\.pointer.description)) == ["/handlers", "/max", "/waitMs"])
        #expect(await refusal { try await bench.engine.work.claim(wrong) } == .invalidRequest)
    }

    @Test func `unknown executions, steps and tokens are told apart`() async throws {
        let bench = try await WorkBench()
        let id = try await bench.start()
        let item = try await bench.item()
        let nobody = ExecutionID(raw: UniqueID(high: 1, low: 1))
        let work = bench.engine.work
        #expect(
            await refusal { try await work.complete(WorkHandle(nobody, "charge", fencingToken: 3)) }
                == .executionNotFound)
        #expect(await refusal { try await work.complete(WorkHandle(id, "nothing", fencingToken: 3)) } == .stepNotFound)
        for token in [Int64.min, 0, 1, item.handle.fencingToken - 1, item.handle.fencingToken + 1, .max] {
            #expect(await refusal { try await work.complete(WorkHandle(id, "charge", fencingToken: token)) } == .fenced)
        }
        var stranger = item.handle
        stranger.workerID = WorkerID(raw: UniqueID(high: 9, low: 9))
        #expect(await refusal { try await work.complete(stranger) } == .fenced)
        let pulses = try await work.heartbeat([
            WorkBeat(WorkHandle(nobody, "charge", fencingToken: 3)), WorkBeat(item.handle), WorkBeat(stranger),
        ])
        #expect(pulses.map(\.isCancelled) == [true, false, true])
        #expect(pulses.map(\.error?.code) == [.executionNotFound, nil, .fenced])
    }
}
