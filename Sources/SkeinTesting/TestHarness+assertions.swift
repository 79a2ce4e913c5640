public import Skein
public import SkeinCore

/// What a check of a harness found, for whatever framework runs the test.
public struct AssertionFailure: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String

    public init(description: String) { self.description = description }
}

extension TestHarness {
    /// - Throws: ``AssertionFailure`` when the execution did not complete.
    public func assertCompleted(_ execution: Execution) throws {
        try expect(execution, .completed)
    }

    /// - Parameter code: the code of the execution's error; nil: any.
    /// - Throws: ``AssertionFailure`` when the execution did not fail, with or without a rollback, or by another code.
    public func assertFailed(_ execution: Execution, code: String? = nil) throws {
        switch execution.status {
        case .failed, .rolledBack, .rollbackFailed: break
        case .pending, .running, .waiting, .paused, .rollingBack, .completed, .cancelled:
            try expect(execution, .failed)
        }
        guard let code, execution.error?.code != code else { return }
        throw AssertionFailure(
            description: "the execution \(execution.id) failed with \(execution.error?.code ?? "no error"), not \(code)"
        )
    }

    /// - Parameter key: a key of the context; its value has to be `value`, nil: the key has to be absent.
    /// - Throws: ``AssertionFailure`` when it is another.
    public func assertContext(_ execution: Execution, _ key: String, _ value: JSONValue?) throws {
        let found = execution.context[key]
        guard found != value else { return }
        throw AssertionFailure(
            description: "'\(key)' of the execution \(execution.id) is \(text(found)), not \(text(value))")
    }

    /// - Parameter types: the types of all events of the execution, in order.
    /// - Throws: ``AssertionFailure`` that names the first event that differs.
    public func assertEvents(_ execution: Execution, _ types: [String]) async throws {
        let found = try await engine.events(of: execution.id, limit: .max).map(\.type)
        guard found != types else { return }
        let place = zip(found, types).prefix { $0 == $1 }.count
        let (actual, expected) = (found.dropFirst(place).first, types.dropFirst(place).first)
        let difference = "event \(place + 1) is \(actual ?? "missing"), not \(expected ?? "the end")"
        throw AssertionFailure(description: "\(difference); all of the execution \(execution.id): \(found)")
    }

    /// - Parameter history: what ``Engine/history(of:)`` gave, of an execution of any engine.
    /// - Throws: ``AssertionFailure`` when the code of this harness' handlers would not ask for what was recorded: an
    ///   execution like that one could not go on with it.
    public func assertReplays(_ history: RecordedHistory) async throws {
        let found = try await engine.differences(from: history)
        guard !found.isEmpty else { return }
        throw AssertionFailure(description: found.map(\.description).joined(separator: "; "))
    }

    private func expect(_ execution: Execution, _ status: ExecutionStatus) throws {
        guard execution.status != status else { return }
        let reason = execution.error.map { ": \($0)" } ?? ""
        throw AssertionFailure(
            description:
                "the execution \(execution.id) is \(execution.status.rawValue), not \(status.rawValue)\(reason)")
    }

    private func text(_ value: JSONValue?) -> String { value.map { "\($0)" } ?? "absent" }
}
