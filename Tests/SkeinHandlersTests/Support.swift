import Foundation
import Logging
import Skein
import SkeinCore
import Testing
import Yams

@testable import SkeinHandlers

/// Runs single handlers as the engine would.
struct HandlerBench: Sendable {
    var configuration = BuiltinHandlers.Configuration(egress: .loopbackAllowed)
    var clock: any EngineClock = VirtualClock()
    var logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    /// - Parameter input: nil: the step has none, and sees the context.
    func run(
        _ type: String, _ config: JSONObject, input: JSONValue? = nil, context: JSONObject = [:], attempt: Int = 1
    ) async throws -> StepResult<JSONValue> {
        let handlers = BuiltinHandlers.handlers(configuration)
        let handler = try #require(handlers.first { $0.metadata.type == type })
        let creation = ExecutionCreation(
            id: ExecutionID(raw: UniqueID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0001)), flowID: "flow",
            flowVersion: "1.0.0", context: context, createdAt: clock.now)
        var state = ExecutionState(creation, initial: "step")
        for retry in 1..<max(1, attempt) {
            state.apply(
                [.retryScheduled("step", retry: retry, of: attempt, at: clock.now)], position: state.position,
                at: clock.now)
        }
        let step = StepContext(
            try node(config, hasInput: input != nil), of: state, startedAt: clock.now,
            environment: StepContext.Environment(clock: clock, logger: logger))
        do {
            return try await handler.body(input ?? .object(context), step)
        } catch let failure as StepFailure {
            return .failed(failure)
        }
    }
}

/// The step of a flow that has but this one, of a type whose config nobody checks.
private func node(_ config: JSONObject, hasInput: Bool) throws -> FlowGraph.Node {
    var step: JSONObject = ["type": "tried", "config": .object(config), "transitions": [:]]
    if hasInput { step["input"] = ["type": "key", "key": "input"] }
    let flow: JSONObject = [
        "id": "flow", "version": "1.0.0", "initialStepId": "step", "steps": ["step": .object(step)],
    ]
    let validation = FlowSpec.validate(.object(flow))
    return try #require(validation.spec.map(FlowGraph.init)?.node(of: "step"), "\(validation.errors)")
}

extension StepResult where Output == JSONValue {
    var output: JSONValue? {
        if case .completed(let output, _) = self { output } else { nil }
    }

    var next: StepID? {
        if case .completed(_, let next) = self { next } else { nil }
    }

    var failure: StepFailure? {
        if case .failed(let failure) = self { failure } else { nil }
    }

    var code: String? { failure?.failure.code }

    var children: ChildrenRequest? {
        if case .children(let request) = self { request } else { nil }
    }

    var wait: WaitRequest? {
        if case .wait(let request) = self { request } else { nil }
    }
}

/// A resolver that answers from a script: the last answer of a name is repeated.
final class ScriptedResolver: HostResolver {
    private let answers: Ledger<[String]>

    init(_ answers: [String]...) { self.answers = Ledger(answers) }

    func addresses(of host: String) async throws -> [String] {
        answers.next() ?? []
    }
}

enum Example {
    /// A definition from `ops/examples`.
    static func load(_ name: String) throws -> JSONValue {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "ops/examples/\(name).yaml"), encoding: .utf8)
        return json(try #require(try Yams.compose(yaml: text)))
    }

    private static func json(_ node: Node) -> JSONValue {
        switch node {
        case .mapping(let mapping): .object(JSONObject(mapping.map { ($0.key.string ?? "", json($0.value)) }))
        case .sequence(let sequence): .array(sequence.map { json($0) })
        case .scalar, .alias:
            if node.null != nil {
                .null
            } else if let bool = node.bool {
                .bool(bool)
            } else {
                node.string.flatMap { JSONValue.number($0) } ?? .string(node.string ?? "")
            }
        }
    }
}
