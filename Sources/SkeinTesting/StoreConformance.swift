// What a store has to do, said by doing it. One case is one sentence; the cases live in the `+` files by subject, what
// they share in StoreScenario.

public import Skein

/// Runs every promise of the store protocols against a store.
///
/// Use it from Swift Testing with a table, or from XCTest with a loop; a case throws ``StoreViolation`` when the store
/// breaks its promise.
///
///     @Test(arguments: StoreConformance.cases)
///     func `the store does what its protocols say`(_ promise: StoreConformance.Case) async throws {
///         try await StoreConformance { clock in MyStore(clock: clock) }.run(promise)
///     }
///
/// Each case gets a store of its own and moves a virtual clock; nothing sleeps. The store has to take all its times,
/// those that it compares with included, from the clock it is given.
public struct StoreConformance: Sendable {
    /// Makes an empty store that lives by this clock.
    public typealias Factory = @Sendable (_ clock: any EngineClock) async throws -> any ExecutionStore

    private let makeStore: Factory
    private let dispose: @Sendable (any ExecutionStore) async throws -> Void

    /// - Parameters:
    ///   - makeStore: makes an empty store; called once per case. The case calls `migrate` before anything else.
    ///   - dispose: called with the store when its case is over, however it went. Default: `close`.
    public init(
        makeStore: @escaping Factory,
        dispose: @escaping @Sendable (any ExecutionStore) async throws -> Void = { await $0.close() }
    ) {
        self.makeStore = makeStore
        self.dispose = dispose
    }

    /// One promise.
    public struct Case: Sendable, CustomStringConvertible {
        typealias Body = @Sendable (StoreScenario) async throws -> Void

        /// The promise as a sentence; unique among all cases.
        public let name: String
        let body: Body

        init(_ name: String, _ body: @escaping Body) {
            self.name = name
            self.body = body
        }

        public var description: String { name }
    }

    /// What every store has to keep.
    public static let cases: [Case] =
        appends + batches + effects + creations + keys + claims + directClaims + leases + inboxes + cancels + races
        + families + tokens + limits + schedules + fences + workers + flows
        + reads + lists + chores

    /// What a store may notice besides: appends that no correct engine sends, because a row at a wrong position must
    /// come from a view that no log ever had. A store whose appends check the end of the log fences them; one that
    /// relies on unique positions need not.
    public static let strictCases: [Case] = positions

    /// Runs one case against a new store.
    ///
    /// - Throws: ``StoreViolation`` when the promise is broken; what the store threw when it failed.
    public func run(_ promise: Case) async throws {
        let clock = VirtualClock()
        let store = try await makeStore(clock)
        do {
            _ = try await store.migrate()
            try await promise.body(StoreScenario(store: store, clock: clock))
        } catch {
            try? await dispose(store)
            throw error
        }
        try await dispose(store)
    }
}

/// How a store broke a promise.
public struct StoreViolation: Error, Sendable, CustomStringConvertible {
    /// What was expected and what came instead.
    public let message: String
    /// The line of the suite that noticed.
    public let place: String

    public var description: String { "\(message) (\(place))" }
}

/// Throws unless the condition holds.
func expect(_ condition: Bool, _ message: @autoclosure () -> String, file: String = #fileID, line: Int = #line)
    throws(StoreViolation)
{
    guard condition else { throw StoreViolation(message: message(), place: "\(file):\(line)") }
}

/// Throws unless both are equal; `subject` begins the sentence.
func expect<T: Equatable>(
    _ subject: @autoclosure () -> String, _ actual: T, is expected: T, file: String = #fileID, line: Int = #line
) throws(StoreViolation) {
    guard actual != expected else { return }
    throw StoreViolation(
        message:
            "\(subject()): expected \(String(describing: expected).prefix(400)), got \(String(describing: actual).prefix(400))",
        place: "\(file):\(line)")
}

/// The value, or a violation when there is none.
func require<T>(_ value: T?, _ message: @autoclosure () -> String, file: String = #fileID, line: Int = #line)
    throws(StoreViolation) -> T
{
    guard let value else { throw StoreViolation(message: message(), place: "\(file):\(line)") }
    return value
}
