import Skein
import SkeinTesting
import Testing

@Suite(.timeLimit(.minutes(2)))
struct InMemoryStoreConformanceTests {
    private let conformance = StoreConformance { InMemoryExecutionStore(clock: $0) }

    @Test(arguments: StoreConformance.cases + StoreConformance.strictCases)
    func `the store in memory does what the protocols say`(_ promise: StoreConformance.Case) async throws {
        try await conformance.run(promise)
    }

    @Test func `every promise has a name of its own`() {
        let names = (StoreConformance.cases + StoreConformance.strictCases).map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.count >= 60)
    }
}
