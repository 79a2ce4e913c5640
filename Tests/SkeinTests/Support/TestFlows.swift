import Skein
import SkeinCore
import Synchronization

/// Small flows that the engine's tests share.
enum TestFlows {
    /// One step of a type, with more members of the step given.
    static func single(_ type: String, id: String = "single", step: JSONObject = [:], flow: JSONObject = [:])
        -> JSONValue
    {
        var definition: JSONObject = ["type": .string(type), "outputKey": "out", "transitions": ["onSuccess": nil]]
        definition.merge(step)
        var object: JSONObject = [
            "id": .string(id), "version": "1.0.0", "initialStepId": "only", "steps": ["only": .object(definition)],
        ]
        object.merge(flow)
        return .object(object)
    }

    /// `count` steps of one type after another.
    static func chain(_ type: String, count: Int, id: String = "chain") -> JSONValue {
        var steps: JSONObject = [:]
        for index in 1...count {
            let next: JSONValue = index == count ? .null : .string("s\(index + 1)")
            steps["s\(index)"] = [
                "type": .string(type), "input": ["type": "static", "value": .int(Int64(index))],
                "outputKey": .string("o\(index)"),
                "transitions": ["onSuccess": next],
            ]
        }
        return ["id": .string(id), "version": "1.0.0", "initialStepId": "s1", "steps": .object(steps)]
    }
}

/// Counts what handlers do.
final class Ledger: Sendable {
    private let entries = Mutex<[String]>([])

    func note(_ entry: String) { entries.withLock { $0.append(entry) } }
    var all: [String] { entries.withLock { $0 } }
    func count(_ entry: String) -> Int { entries.withLock { $0.count { $0 == entry } } }

    /// All entries since the last call.
    func take() -> [String] {
        entries.withLock { entries in
            defer { entries = [] }
            return entries
        }
    }
}

/// An engine on a virtual clock that nobody runs: tests drive executions themselves.
struct Bench: Sendable {
    let clock = VirtualClock()
    let store: any ExecutionStore
    let engine: Engine
    let ledger = Ledger()

    init(_ configure: (inout EngineConfiguration) -> Void = { _ in }) async throws {
        var configuration = EngineConfiguration()
        configure(&configuration)
        store = try await TestStore.new(clock: clock)
        engine = Engine(store: store, configuration: configuration, clock: clock)
        engine.handle("echo") { input, _ in .success(input) }
    }

    /// Registers a flow, starts it and drives it until it waits or ends.
    func run(
        _ flow: JSONValue, context: JSONObject = [:], options: CreateOptions = CreateOptions(),
        simulateTime: Bool = true
    ) async throws -> Execution {
        let registered = try await engine.register(flow)
        let created = try await engine.create(registered.flow.id, context: context, options: options)
        return try await engine.run(created.execution.id, simulateTime: simulateTime)
    }

    func types(_ id: ExecutionID) async throws -> [String] {
        try await engine.events(of: id).map(\.type)
    }
}
