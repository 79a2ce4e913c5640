/// One promise of a protocol, with the sentence that names it.
///
/// With Swift Testing: `@Test(arguments: LockConformance.cases) func locks(_ promise: ConformanceCase<any LockManager>)
/// …`; with XCTest: run them in a loop. A case throws `ConformanceViolation` when the promise is broken, and whatever
/// the implementation throws.
public struct ConformanceCase<Subject: Sendable>: Sendable, CustomStringConvertible {
    /// A sentence.
    public let name: String
    private let body: @Sendable (ConformanceSpace<Subject>) async throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (ConformanceSpace<Subject>) async throws -> Void) {
        self.name = name
        self.body = body
    }

    public var description: String { name }

    /// Checks the promise.
    ///
    /// - Parameter space: one of its own for each case.
    public func run(in space: ConformanceSpace<Subject>) async throws {
        try await body(space)
    }
}
