import Skein
import SkeinCore
import Synchronization
import Testing

/// Tasks on engines that run as services.
@Suite(.everyStore, .timeLimit(.minutes(3)))
struct TaskServiceTests {
    typealias Raw = TaskContext<JSONValue>

    private func engine(
        _ store: any ExecutionStore, _ coordination: Coordination? = nil,
        _ change: (inout EngineConfiguration) -> Void = { _ in }
    ) -> Engine {
        var configuration = EngineConfiguration()
        change(&configuration)
        return Engine(store: store, coordination: coordination, configuration: configuration)
    }

    @Test(arguments: [true, false])
    func `F09 no more tasks of a name run at once than it allows, and all of them end`(fails: Bool) async throws {
        let engine = engine(try await TestStore.new())
        let holders = ServiceTests.Holders()
        let body: Engine.TaskBody<JSONValue> = { _, _ in
            holders.enter(0)
            defer { holders.leave() }
            for _ in 0..<50 { await Task.yield() }
            if fails { throw StepFailure("BAD") }
            return .success(.null)
        }
        engine.use("narrow", options: .init(maxRetries: 1, maxConcurrentTasks: 2), body)
        try await ServiceTests.running([engine]) {
            var ids: [ExecutionID] = []
            for _ in 0..<12 { ids.append(try await engine.async("narrow").execution.id) }
            for id in ids { #expect(try await engine.wait(for: id).status == (fails ? .failed : .completed)) }
        }
        #expect(holders.most <= 2 && holders.tokens.count == 12)
    }

    @Test func `F10 nor more tasks in all than the engine allows`() async throws {
        let engine = engine(try await TestStore.new()) { $0.tasks.maxConcurrentTasks = 5 }
        let (all, narrow) = (ServiceTests.Holders(), ServiceTests.Holders())
        engine.use("narrow", options: .init(maxConcurrentTasks: 3)) { (_: Raw, _) in
            all.enter(0)
            narrow.enter(0)
            for _ in 0..<50 { await Task.yield() }
            narrow.leave()
            all.leave()
            return .success(.null)
        }
        engine.use("wide") { (_: Raw, _) in
            all.enter(0)
            for _ in 0..<50 { await Task.yield() }
            all.leave()
            return .success(.null)
        }
        try await ServiceTests.running([engine]) {
            var ids: [ExecutionID] = []
            for index in 0..<24 {
                ids.append(try await engine.async(index.isMultiple(of: 2) ? "narrow" : "wide").execution.id)
            }
            for id in ids { #expect(try await engine.wait(for: id).status == .completed) }
        }
        #expect(all.most <= 5 && narrow.most <= 3)
    }

    @Test func `what one instance has no room for, another takes`() async throws {
        let store = try await TestStore.new()
        let coordination = Coordination.inProcess()
        let gate = ServiceTests.Gate()
        let full = engine(store, coordination) { $0.tasks.maxConcurrentTasks = 1 }
        let other = engine(store, coordination)
        full.use("job") { (_: Raw, _) in
            await gate.pass()
            return .success("full")
        }
        other.use("job") { (_: Raw, _) in .success("other") }
        try await ServiceTests.running([full]) {
            let first = try await full.async("job").execution.id
            await gate.arrivals(1)
            var ids: [ExecutionID] = []
            for _ in 0..<8 { ids.append(try await full.async("job").execution.id) }
            try await ServiceTests.running([other]) { [ids] in
                for id in ids {
                    let end = try await other.wait(for: id)
                    #expect(end.result == "other")
                }
            }
            gate.open()
            #expect(try await full.wait(for: first).result == "full")
        }
    }

    @Test func `F55 a task that was started before the engine runs once it does`() async throws {
        let engine = engine(try await TestStore.new())
        engine.use("job") { (_: Raw, _) in .success("ran") }
        let id = try await engine.async("job").execution.id
        let end = try await ServiceTests.running([engine]) { try await engine.wait(for: id) }
        #expect(end.result == "ran")
    }

    @Test func `F56 what a handler returns while the engine stops is kept`() async throws {
        let store = try await TestStore.new()
        let gate = ServiceTests.Gate()
        let first = engine(store)
        let runs = Ledger()
        first.use("job") { (_: Raw, _) in
            runs.note("run")
            await gate.pass()
            return .success("late")
        }
        let service = Task { try await first.run() }
        let id = try await first.async("job").execution.id
        await gate.arrivals(1)
        service.cancel()
        while !first.isDraining { await Task.yield() }
        gate.open()
        try await service.value
        let second = engine(store)
        second.use("job") { (_: Raw, _) in .success("again") }
        let end = try await ServiceTests.running([second]) { try await second.wait(for: id) }
        #expect(end.result == "late")
        #expect(runs.count("run") == 1)
    }

    @Test func `the store knows the tasks of an engine that runs`() async throws {
        let store = try await TestStore.new()
        let engine = engine(store)
        engine.use("job", options: .init(priority: 4, maxRetries: 2)) { (_: Raw, _) in .success("ran") }
        try await ServiceTests.running([engine]) {
            let other = self.engine(store)
            var result: CreateResult?
            while result == nil {
                do { result = try await other.enqueue("job", payload: .null, options: TaskOptions()) } catch let error
                    as EngineError where error.code == .handlerNotFound
                { await Task.yield() }
            }
            let id = try #require(result).execution.id
            #expect(try await engine.wait(for: id).result == "ran")
            #expect(try await engine.taskRecord(id).execution.creation.priority == 4)
        }
    }

    @Test func `a newest handler with other options is another version of the task`() async throws {
        let store = try await TestStore.new()
        let engine = engine(store)
        engine.use("job", options: .init(timeout: .seconds(5))) { (_: Raw, _) in .success(1) }
        let first = try await engine.async("job").execution.creation.flowVersion
        engine.use("job", options: .init(timeout: .seconds(5))) { (_: Raw, _) in .success(2) }
        #expect(try await engine.async("job").execution.creation.flowVersion == first)
        engine.use("job", options: .init(timeout: .seconds(6))) { (_: Raw, _) in .success(3) }
        let next = try await engine.async("job").execution.creation.flowVersion
        #expect((first, next) == ("1.0.0", "1.0.1"))
    }
}
