import Skein
import SkeinPostgres
import SkeinTesting
import Testing

@Suite(.enabled(if: TestDatabase.isSet, TestDatabase.reason), .timeLimit(.minutes(5)))
struct ConformanceTests {
    @Test(arguments: StoreConformance.cases)
    func `the store does what its protocols say`(_ promise: StoreConformance.Case) async throws {
        let schema = TestSchema(name: "skein_test_" + String(UInt64.random(in: .min ... .max), radix: 36))
        let owner = schema.store()
        _ = try await owner.migrate()
        await owner.close()
        let conformance = StoreConformance { clock in
            schema.store(clock: clock, asEngine: true)
        } dispose: { store in
            await store.close()
            try await schema.drop()
        }
        try await conformance.run(promise)
    }
}
