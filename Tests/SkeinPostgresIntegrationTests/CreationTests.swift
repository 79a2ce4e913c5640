import Skein
import SkeinCore
import SkeinPostgres
import Testing

@Suite(.enabled(if: TestDatabase.isSet, TestDatabase.reason), .timeLimit(.minutes(2)))
struct CreationTests {
    private func keyed(_ key: String, print: UInt8 = 1, ttl: Duration = .seconds(60)) -> KeyedCreation {
        KeyedCreation(append: Sample.create(Sample.execution()), key: key, fingerprint: [print], ttl: ttl)
    }

    private func expectCreated(_ creation: KeyedCreation, by store: PostgresExecutionStore) async throws {
        let outcomes = try await store.create([creation])
        #expect(outcomes == [.created])
    }

    @Test func `forty creators of one key over two stores have one winner`() async throws {
        try await TestDatabase.withStore { first, schema in
            let second = schema.store()
            let outcomes = try await withThrowingTaskGroup(of: (ExecutionID, KeyedOutcome).self) { group in
                for number in 0..<40 {
                    group.addTask {
                        let creation = self.keyed("one")
                        let store = number % 2 == 0 ? first : second
                        return (creation.append.executionID, try await store.create([creation])[0])
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let winners = outcomes.filter { $0.1 == .created }.map(\.0)
            #expect(winners.count == 1)
            for case (_, .exists(let holder, _, _)) in outcomes { #expect(holder == winners.first) }
            #expect(try await schema.count("SELECT count(*) FROM executions") == 1)
            #expect(try await schema.count("SELECT count(*) FROM ready") == 1)
            await second.close()
        }
    }

    @Test func `batches with keys in any order never lock each other out`() async throws {
        try await TestDatabase.withStore { first, schema in
            let second = schema.store()
            let created = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<12 {
                    group.addTask {
                        let batch = (0..<30).map { "key \($0)" }.shuffled().map { self.keyed($0) }
                        return try await (number % 2 == 0 ? first : second).create(batch).count { $0 == .created }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(created == 30)
            #expect(try await schema.count("SELECT count(*) FROM executions") == 30)
            await second.close()
        }
    }

    @Test func `an expired key is free again, also for many at once`() async throws {
        let clock = VirtualClock()
        try await TestDatabase.withStore(clock: clock) { store, _ in
            try await expectCreated(keyed("k", ttl: .seconds(10)), by: store)
            clock.advance(by: .seconds(9))
            guard case .exists(_, let print, let until) = try await store.create([keyed("k", print: 2)])[0] else {
                Issue.record("the key is held")
                return
            }
            #expect(print == [1])
            #expect(until == clock.now + .seconds(1))
            clock.advance(by: .seconds(1))
            let outcomes = try await withThrowingTaskGroup(of: KeyedOutcome.self) { group in
                for _ in 0..<8 { group.addTask { try await store.create([self.keyed("k")])[0] } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count { $0 == .created } == 1)
            clock.advance(by: .seconds(100))
            try await store.maintain()
        }
    }

    @Test func `asking again with the same execution is the same creation`() async throws {
        try await TestDatabase.withStore { store, schema in
            let creation = keyed("again")
            try await expectCreated(creation, by: store)
            try await expectCreated(creation, by: store)
            #expect(try await schema.count("SELECT count(*) FROM log") == 1)
        }
    }
}
