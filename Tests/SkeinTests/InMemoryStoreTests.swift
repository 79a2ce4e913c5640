import Skein
import SkeinCore
import Testing

/// What only the store in memory promises, or what only shows at size.
@Suite(.timeLimit(.minutes(2)))
struct InMemoryStoreTests {
    private let clock = VirtualClock()

    @Test func `a store in memory is fine and closing it harms nobody`() async throws {
        let store: some ExecutionStore = .inMemory
        #expect(try await store.migrate().isEmpty)
        #expect(try await store.verify().isFine)
        await store.close()
        #expect(try await store.list(ExecutionQuery()).isEmpty)
    }

    @Test func `100,000 executions are created, claimed in order, renewed and parked`() async throws {
        let store = InMemoryExecutionStore(clock: clock)
        let worker = try await registered(store)
        let count = 100_000
        for start in stride(from: 0, to: count, by: 500) {
            _ = try await store.commit((start..<start + 500).map { first($0, priority: Int16($0 % 3)) }, writer: 0)
        }
        var claimed: [Claim] = []
        while true {
            let ownership = ownership(worker)
            let claims = try await store.claim(
                ClaimRequest(ownership: ownership, handlers: ["a"], handlerWait: .zero, limit: 300)
            ).claims
            guard !claims.isEmpty else { break }
            claimed += claims
            let held = claims.map { HeldClaim($0.executionID, ownership.claimID) }
            for _ in 0..<3 {
                #expect(try await store.renew(held, worker: worker, lease: .seconds(60)).count == claims.count)
            }
            let outcomes = try await store.commit(
                claims.map { park($0.executionID, due: clock.now + .seconds(600)) }, writer: 0)
            #expect(outcomes.count == claims.count)
        }
        #expect(claimed.count == count)
        let priorities = claimed.map { $0.executionID.raw.low % 3 }
        #expect(priorities == priorities.sorted(by: >))
        #expect(try await store.list(ExecutionQuery()).count == 50)
    }

    /// The due index against a list that is searched from end to end.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `claims take what a plain search would take`(seed: UInt64) async throws {
        var random = SplitMix(state: seed)
        let store = InMemoryExecutionStore(clock: clock)
        let worker = try await registered(store)
        var model: [ExecutionID: (due: Timestamp, priority: Int16, needs: String, position: Int64)] = [:]
        for round in 0..<200 {
            let due = clock.now + .microseconds(Int64.random(in: -5_000_000...5_000_000, using: &random))
            let needs = ["a", "b", "c"].randomElement(using: &random) ?? "a"
            if Int.random(in: 0..<3, using: &random) > 0 || model.isEmpty {
                let row = first(round, priority: Int16.random(in: -2...2, using: &random), needs: needs, readyAt: due)
                _ = try await store.commit([row], writer: 0)
                guard case .create(let new, _) = row.effect else { continue }
                model[row.executionID] = (due, new.creation.priority, needs, 2)
            } else if let id = model.keys.sorted().randomElement(using: &random), let known = model[id] {
                let row = park(id, at: known.position, due: due, needs: needs)
                _ = try await store.commit([row], writer: 0)
                model[id] = (due, known.priority, needs, known.position + 1)
            }
            guard round % 7 == 0 else { continue }
            clock.advance(by: .milliseconds(Int64.random(in: 0...2_000, using: &random)))
            let now = clock.now
            let limit = Int.random(in: 1...6, using: &random)
            let request = ClaimRequest(
                ownership: ownership(worker), handlers: ["a", "b"], handlerWait: .seconds(3), limit: limit)
            let result = try await store.claim(request)
            let fits = model.filter { $0.value.due <= ($0.value.needs == "c" ? now + .seconds(-3) : now) }
            let expected = fits.values.map { [-Int64($0.priority), $0.due.microseconds] }.sorted {
                $0.lexicographicallyPrecedes($1)
            }
            let actual = result.claims.map { [-Int64(model[$0.executionID]?.priority ?? 99), $0.dueAt.microseconds] }
            #expect(actual == Array(expected.prefix(limit)), "seed \(seed), round \(round)")
            let next = model.values.filter { $0.needs != "c" && $0.due > now }.map(\.due).min()
            #expect(result.nextDue == next, "seed \(seed), round \(round)")
            for claim in result.claims { model[claim.executionID]?.due = now + .seconds(60) }
        }
    }

    // MARK: - Parts

    private func registered(_ store: InMemoryExecutionStore) async throws -> WorkerID {
        let id = WorkerID(raw: .v4(random: 1, 2))
        try await store.register(WorkerRecord(id: id, podID: nil, handlers: ["a"]))
        return id
    }

    private func ownership(_ worker: WorkerID) -> Ownership {
        Ownership(workerID: worker, claimID: ClaimID(raw: .v4(random: .random(in: 0 ... .max), 1)), lease: .seconds(60))
    }

    /// The id ends with its number.
    private func first(_ number: Int, priority: Int16, needs: String = "a", readyAt: Timestamp? = nil) -> Append {
        let id = ExecutionID(raw: UniqueID(high: 1, low: UInt64(number)))
        let creation = ExecutionCreation(
            id: id, flowID: "f", flowVersion: "1.0.0", context: [:], priority: priority, createdAt: clock.now)
        return Append(
            executionID: id, position: 1, kind: .created, count: 1, operationID: OperationID(raw: id.raw),
            at: Timestamp(microseconds: 0), body: [],
            effect: .create(
                NewExecution(creation: creation, needs: needs, readyAt: readyAt ?? clock.now), ownership: nil))
    }

    private func park(_ id: ExecutionID, at position: Int64 = 2, due: Timestamp, needs: String = "a") -> Append {
        Append(
            executionID: id, position: position, kind: .park, count: 1,
            operationID: OperationID(raw: .v4(random: .random(in: 0 ... .max), 1)),
            at: Timestamp(microseconds: 0), body: [], effect: .park(due: due, seenGeneration: 0, needs: needs))
    }
}

private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
