import Skein
import SkeinCore
import Testing

/// Time limits, and people who stop what a worker outside does.
@Suite(.everyStore, .timeLimit(.minutes(2)))
struct WorkLimitTests {
    /// One remote step with these members.
    private func flow(_ members: JSONObject, flow: JSONObject = [:]) -> JSONValue {
        TestFlows.single("charge", step: members, flow: flow)
    }

    @Test func `a step that is out of time has timed out, whatever its worker does`() async throws {
        let bench = try await WorkBench()
        let id = try await bench.start(flow(["timeoutMs": 25_000]))
        let item = try await bench.item()
        #expect(item.deadline == item.startedAt + .seconds(25))
        for _ in 1...3 {
            bench.clock.advance(by: .seconds(8))
            let pulse = try await bench.engine.work.heartbeat([WorkBeat(item.handle)])
            #expect(!pulse[0].isCancelled)
            try await bench.hand()
        }
        bench.clock.advance(by: .seconds(1))
        #expect(try await bench.engine.work.heartbeat([WorkBeat(item.handle)])[0].isCancelled)
        #expect(await refusal { try await bench.engine.work.complete(item.handle) } == .fenced)
        let failed = try await bench.engine.execution(id)
        #expect(failed.status == .failed && failed.error?.code == "TIMEOUT")
        #expect(try await bench.types(id).contains("step.timed_out"))
    }

    @Test func `whoever takes over after the time limit records a timeout, not an interruption`() async throws {
        let bench = try await WorkBench()
        let id = try await bench.start(flow(["timeoutMs": 4_000, "retry": ["maxAttempts": 1, "backoffMs": 0]]))
        let item = try await bench.item()
        #expect(item.lease < .seconds(5))
        bench.clock.advance(by: .milliseconds(4_100))
        let second = try await bench.item()
        #expect(second.attempt == 2)
        #expect(await refusal { try await bench.engine.work.complete(item.handle) } == .fenced)
        bench.clock.advance(by: .milliseconds(4_100))
        try await bench.hand()
        let failed = try await bench.engine.execution(id)
        #expect(failed.status == .failed && failed.error?.code == "TIMEOUT")
        let types = try await bench.types(id)
        #expect(types.count { $0 == "step.timed_out" } == 2 && !types.contains("execution.recovered"))
    }

    @Test func `a step that wants signs of life is given up when there are none`() async throws {
        let bench = try await WorkBench()
        let id = try await bench.start(flow(["heartbeatMs": 2_000]))
        let item = try await bench.item()
        #expect(item.lease == .seconds(2))
        bench.clock.advance(by: .milliseconds(1_500))
        #expect(try await bench.engine.work.heartbeat([WorkBeat(item.handle)])[0].lease == .seconds(2))
        bench.clock.advance(by: .milliseconds(1_500))
        try await bench.hand()
        #expect(try await bench.engine.execution(id).status == .running)
        bench.clock.advance(by: .milliseconds(600))
        try await bench.hand()
        let failed = try await bench.engine.execution(id)
        #expect(failed.status == .failed && failed.error?.code == "TIMEOUT")
        #expect(failed.error?.message.contains("no sign of life") == true)
    }

    @Test func `the execution's own limit ends what a worker outside does`() async throws {
        let bench = try await WorkBench()
        let id = try await bench.start(flow([:], flow: ["timeouts": ["executionMs": 3_000]]))
        let item = try await bench.item()
        #expect(item.deadline != nil && item.lease < .seconds(4))
        bench.clock.advance(by: .seconds(4))
        try await bench.hand()
        #expect(try await bench.engine.execution(id).status == .cancelled)
        #expect(await refusal { try await bench.engine.work.complete(item.handle) } == .fenced)
    }

    @Test func `a cancelled or paused execution tells its worker to stop, and takes nothing from it`() async throws {
        let bench = try await WorkBench()
        let id = try await bench.start(flow([:]))
        let item = try await bench.item()
        _ = try await bench.engine.cancel(id)
        #expect(try await bench.engine.work.heartbeat([WorkBeat(item.handle)])[0].error?.code == .fenced)
        #expect(await refusal { try await bench.engine.work.complete(item.handle) } == .fenced)
        #expect(try await bench.engine.execution(id).status == .cancelled)

        let paused = try await bench.start(flow([:]))
        let first = try await bench.item()
        _ = try await bench.engine.pause(paused)
        #expect(try await bench.engine.work.heartbeat([WorkBeat(first.handle)])[0].isCancelled)
        #expect(await refusal { try await bench.engine.work.complete(first.handle) } == .fenced)
        #expect(try await bench.claim().items.isEmpty)
        _ = try await bench.engine.resume(paused)
        let second = try await bench.item()
        #expect(second.attempt == 2 && second.handle.fencingToken > first.handle.fencingToken)
        _ = try await bench.engine.work.complete(second.handle)
        #expect(try await bench.engine.execution(paused).status == .completed)
    }

    @Test func `what cannot be stored fails the step as in process`() async throws {
        let bench = try await WorkBench()
        let id = try await bench.start(flow([:]))
        let item = try await bench.item()
        let answer = try await bench.engine.work.complete(item.handle, output: "a\u{0}b")
        #expect(answer.execution.status == .failed && answer.execution.error?.code == "INVALID_OUTPUT")
        #expect(try await bench.engine.work.complete(item.handle, output: "a\u{0}b").isRepeat)
        #expect(try await bench.engine.execution(id).status == .failed)
    }

    @Test func `work that a worker gives back is another's at once`() async throws {
        let bench = try await WorkBench()
        let id = try await bench.start(flow([:]))
        let item = try await bench.item()
        await bench.engine.work.giveBack([item])
        let second = try await bench.item()
        #expect(second.attempt == 2)
        #expect(await refusal { try await bench.engine.work.complete(item.handle) } == .fenced)
        _ = try await bench.engine.work.complete(second.handle)
        #expect(try await bench.engine.execution(id).status == .completed)
    }

    @Test func `a worker that was declared dead goes on under another id`() async throws {
        let bench = try await WorkBench()
        _ = try await bench.start(flow([:]))
        let batch = try await bench.claim()
        bench.clock.advance(by: .seconds(60))
        #expect(try await bench.store.heartbeat(bench.engine.workerID) != nil)
        let dead = try await bench.store.reap(silence: WorkBench.lease * 3, lease: WorkBench.lease)
        #expect(dead.contains(batch.workerID))
        let again = try await bench.claim(by: batch.workerID)
        #expect(again.workerID != batch.workerID && again.items.count == 1 && again.items[0].attempt == 2)
    }
}
