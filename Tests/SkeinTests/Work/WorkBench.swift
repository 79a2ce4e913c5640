// An engine on a virtual clock and a worker outside that a test plays by hand.

import Skein
import SkeinCore
import Testing

/// Two instances over one store: what one gives away the other takes back.
struct WorkBench: Sendable {
    let clock = VirtualClock()
    let store: any ExecutionStore
    let engine: Engine
    let other: Engine
    let ledger = Ledger()

    static let lease = Duration.seconds(10)

    /// local, remote, local.
    static let flow: JSONValue = [
        "id": "mixed", "version": "1.0.0", "initialStepId": "first",
        "steps": [
            "first": ["type": "echo", "outputKey": "first", "transitions": ["onSuccess": "charge"]],
            "charge": [
                "type": "charge", "input": ["type": "key", "key": "amount"], "config": ["currency": "EUR"],
                "outputKey": "receipt", "transitions": ["onSuccess": "last"],
            ],
            "last": [
                "type": "echo", "input": ["type": "key", "key": "receipt"], "outputKey": "last",
                "transitions": ["onSuccess": nil],
            ],
        ],
    ]

    init(_ configure: (inout EngineConfiguration) -> Void = { _ in }) async throws {
        var configuration = EngineConfiguration()
        configuration.isClustered = true
        configuration.lease = Self.lease
        configure(&configuration)
        store = try await TestStore.new(clock: clock)
        let coordination = Coordination.inProcess(clock: clock)
        engine = Engine(store: store, coordination: coordination, configuration: configuration, clock: clock)
        other = Engine(store: store, coordination: coordination, configuration: configuration, clock: clock)
        for engine in [engine, other] {
            engine.handle("echo") { [ledger] input, step in
                ledger.note(step.stepID.rawValue)
                return .success(input)
            }
        }
    }

    /// Registers a flow and starts it.
    func start(_ flow: JSONValue = Self.flow, context: JSONObject = ["amount": 42]) async throws -> ExecutionID {
        let registered = try await engine.register(flow)
        return try await engine.create(registered.flow.id, context: context).execution.id
    }

    /// What instances do by themselves, until nothing is due.
    func settle(_ engine: Engine? = nil) async throws {
        let engine = engine ?? self.engine
        while try await engine.driveDue(limit: 100).claimed > 0 {}
    }

    /// One look for work, after the instances have done theirs.
    func claim(
        _ types: [String] = ["charge"], limit: Int = 1, by worker: WorkerID? = nil, through engine: Engine? = nil
    ) async throws -> WorkBatch {
        try await hand()
        return try await (engine ?? self.engine).work.claim(
            WorkRequest(handlers: types, limit: limit, workerID: worker))
    }

    /// The only attempt that there is.
    func item(_ types: [String] = ["charge"], by worker: WorkerID? = nil) async throws -> WorkItem {
        let batch = try await claim(types, by: worker)
        try #require(batch.items.count == 1)
        return batch.items[0]
    }

    /// The instances' turn. What no instance can do is due for ever.
    func hand() async throws {
        for _ in 0..<20 where try await engine.driveDue(limit: 100).claimed == 0 { return }
    }

    func types(_ id: ExecutionID) async throws -> [String] { try await engine.events(of: id).map(\.type) }
}

/// The code that a refusal comes with; nil: nothing was refused.
func refusal(_ body: () async throws -> some Any) async -> EngineError.Code? {
    do {
        _ = try await body()
        return nil
    } catch {
        return (error as? EngineError)?.code
    }
}
