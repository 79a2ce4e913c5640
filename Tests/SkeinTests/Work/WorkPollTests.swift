import Skein
import SkeinCore
import Testing

/// Long polls against engines that run as services, on the real clock.
@Suite(.timeLimit(.minutes(2)))
struct WorkPollTests {
    private func engines() -> [Engine] {
        let clock = SystemClock()
        let store = InMemoryExecutionStore(clock: clock)
        let coordination = Coordination.inProcess(clock: clock)
        var configuration = EngineConfiguration()
        configuration.isClustered = true
        return (0..<2).map { _ in
            let engine = Engine(store: store, coordination: coordination, configuration: configuration, clock: clock)
            engine.handle("echo") { input, _ in .success(input) }
            return engine
        }
    }

    @Test func `an open poll gets what is created while it waits`() async throws {
        let engines = engines()
        try await engines[0].register(WorkBench.flow)
        try await ServiceTests.running(engines) {
            let known = try await engines[1].work.claim(WorkRequest(handlers: ["charge"])).workerID
            async let batch = engines[1].work.claim(
                WorkRequest(handlers: ["charge"], wait: .seconds(60), workerID: known))
            let id = try await engines[0].create("mixed", context: ["amount": 1]).execution.id
            let item = try #require(try await batch.items.first)
            #expect(item.handle.executionID == id)
            _ = try await engines[0].work.complete(item.handle, output: "paid")
            let done = try await engines[1].wait(for: id)
            #expect(done.status == .completed && done.context["last"] == "paid")
        }
    }

    @Test func `two workers do many executions, each once`() async throws {
        let engines = engines()
        try await engines[0].register(WorkBench.flow)
        let ledger = Ledger()
        try await ServiceTests.running(engines) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for engine in engines {
                    group.addTask {
                        var worker: WorkerID?
                        while true {
                            let batch = try await engine.work.claim(
                                WorkRequest(handlers: ["charge"], limit: 10, wait: .seconds(60), workerID: worker))
                            worker = batch.workerID
                            for item in batch.items {
                                ledger.note(item.handle.executionID.description)
                                _ = try await engine.work.complete(item.handle, output: "paid")
                            }
                        }
                    }
                }
                var ids: [ExecutionID] = []
                for _ in 0..<200 {
                    ids.append(try await engines[0].create("mixed", context: ["amount": 1]).execution.id)
                }
                for id in ids {
                    #expect(try await engines[1].wait(for: id).status == .completed)
                    #expect(ledger.count(id.description) == 1)
                }
                group.cancelAll()
                while true {
                    do { if try await group.next() == nil { break } } catch is CancellationError {}
                }
            }
        }
    }

    @Test func `a poll that is given up leaves what it would have got to others`() async throws {
        let engines = engines()
        try await engines[0].register(WorkBench.flow)
        try await ServiceTests.running(engines) {
            let poll = Task {
                try await engines[1].work.claim(WorkRequest(handlers: ["charge"], wait: .seconds(60)))
            }
            let id = try await engines[0].create("mixed", context: ["amount": 1]).execution.id
            poll.cancel()
            // Whichever came first: what the poll was given is done by it, all else is there for the next one.
            let mine = try? await poll.value
            var items = mine?.items ?? []
            if items.isEmpty {
                items = try await engines[0].work.claim(WorkRequest(handlers: ["charge"], wait: .seconds(60))).items
            }
            #expect(items.map(\.handle.executionID) == [id])
            _ = try await engines[0].work.complete(try #require(items.first).handle)
            #expect(try await engines[0].wait(for: id).status == .completed)
        }
    }

    @Test func `an engine alone knows of workers once one has asked`() async throws {
        let engine = Engine(store: InMemoryExecutionStore())
        engine.handle("echo") { input, _ in .success(input) }
        try await engine.register(WorkBench.flow)
        try await ServiceTests.running([engine]) {
            let early = try await engine.create("mixed", context: ["amount": 1]).execution.id
            #expect(try await engine.wait(for: early).error?.code == "HANDLER_NOT_FOUND")
            let worker = try await engine.work.claim(WorkRequest(handlers: ["charge"])).workerID
            let id = try await engine.create("mixed", context: ["amount": 1]).execution.id
            let batch = try await engine.work.claim(
                WorkRequest(handlers: ["charge"], wait: .seconds(60), workerID: worker))
            _ = try await engine.work.complete(try #require(batch.items.first).handle)
            #expect(try await engine.wait(for: id).status == .completed)
        }
    }
}
