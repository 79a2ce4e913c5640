import Skein
import SkeinCore
import Testing

/// What is refused when a flow is registered.
@Suite struct FlowRegistrationTests {
    private let engine = Engine(store: InMemoryExecutionStore())

    private func problems(_ flow: some FlowDefinition) async -> [Problem] {
        let error = await #expect(throws: EngineError.self) { try await engine.register(flow) }
        #expect(error?.code == .flowInvalid)
        return error?.problems ?? []
    }

    @Test func `all problems are reported at once and nothing is registered`() async throws {
        let flow = Flow<Order>("f", version: "one") {
            Step("same", into: \.note) { _, _ in "" }
            Step("same", into: \.note) { _, _ in "" }
            Step("a/b", into: \.note, retries: -1) { _, _ in "" }
            Repeat("never", while: { _ in true }, limit: 0) { Step("x", into: \.note) { _, _ in "" } }
        }
        let problems = await problems(flow)
        #expect(
            problems.map { "\($0.code) \($0.pointer)" } == [
                "STEP_DUPLICATE /steps/same", "BAD_VALUE /steps/never", "BAD_VERSION /version",
                "BAD_ID /steps/a~1b", "OUT_OF_RANGE /steps/a~1b/retry/maxAttempts",
            ])
        #expect(engine.handlers.types.isEmpty)
    }

    @Test func `two elements of any kind cannot have one name`() {
        let flow = Flow<Order>("f") {
            Step("one", into: \.note) { _, _ in "" }
            Parallel("one") { Step("two", into: \.note) { _, _ in "" } }
            Step("two", into: \.note, when: { _ in true }) { _, _ in "" }
            Step("three", into: \.note, when: { _ in true }) { _, _ in "" }
            Step("three.when", into: \.note) { _, _ in "" }
        }
        #expect(
            flow.problems.map { "\($0.code) \($0.pointer)" } == [
                "STEP_DUPLICATE /steps/one", "STEP_DUPLICATE /steps/two", "STEP_DUPLICATE /steps/three.when",
            ])
    }

    @Test func `parallel branches cannot store their outputs at one place`() {
        let flow = Flow<Order>("f") {
            Step("first", into: \.note) { _, _ in "" }
            Parallel("both") {
                Step("a", into: \.note) { _, _ in "" }
                If("big", when: { $0.total > 1 }) {
                    Step("b", into: \.note) { _, _ in "" }
                } else: {
                    Step("c", into: \.parcel) { _, _ in "" }
                }
            }
        }
        #expect(flow.problems.map(\.code) == ["CONTEXT_CONFLICT"])
        #expect(flow.problems.first?.pointer.description == "/steps/b/outputKey")
    }

    @Test func `a wait needs a property that is encoded under its own name`() {
        struct State: FlowState {
            var approval: Approval?
            var other: Approval? {
                get { approval }
                set { approval = newValue }
            }
        }
        let flow = Flow<State>("f") { Wait(for: .approval, into: \.other) }
        #expect(flow.problems.map(\.code) == ["BAD_VALUE"])
    }

    @Test func `the handler that a closure calls checks the config`() async throws {
        let check: @Sendable (JSONObject) -> [Problem] = { config in
            config["url"] == nil
                ? [Problem(.requiredMissing, at: JSONPointer(tokens: ["url"]), "A fetch needs \"url\".")] : []
        }
        engine.handlers.register(
            AnyHandler(HandlerMetadata(type: "fetch"), configCheck: check) { input, _ in .success(input) })
        let problems = await problems(Flow<Order>("f") { Step("get", type: "fetch") { _, _ in } })
        #expect(problems.map(\.pointer.description) == ["/steps/get/config/url"])
    }

    @Test func `a closure that calls an unknown handler is warned of, or refused`() async throws {
        let flow = Flow<Order>("f") { Step("get", type: "fetch") { _, _ in } }
        let error = await #expect(throws: EngineError.self) { try await engine.register(flow, strict: true) }
        #expect(error?.problems.map(\.code) == ["HANDLER_UNKNOWN"])
        #expect(try await engine.register(flow).warnings.map(\.code) == ["HANDLER_UNKNOWN"])
    }

    @Test func `a property that a custom encoding renames is found by the first attempt`() async throws {
        let flow = Flow<Sly>("f") { Step("one", into: \.note) { _, _ in "x" } }
        let error = await #expect(throws: StepFailure.self) { try await HandlerProbe(flow).call("f/one", context: [:]) }
        #expect(error?.failure.code == "STATE_KEY")
    }

    /// Decodes one name and encodes another.
    private struct Sly: FlowState {
        var note: String?

        enum CodingKeys: CodingKey { case note, remark }

        init(from decoder: any Decoder) throws {
            note = try decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(String.self, forKey: .note)
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(note, forKey: .remark)
        }
    }

    @Test func `a registered flow is the definition that other instances read`() async throws {
        let flow = Flow<Order>("f") { Step("one", into: \.note) { _, _ in "x" } }
        let first = try await engine.register(flow)
        #expect(first.isNew && first.warnings.isEmpty)
        #expect(try await engine.flow("f") == flow.definition)
        #expect(try await !engine.register(flow).isNew)
    }
}
