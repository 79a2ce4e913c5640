// A task as a flow of one step: the same log, journal, leases and wakes.

import SkeinCore

/// What a task's name stands for in this process.
struct TaskDefinition: Sendable {
    let name: String
    let options: TaskHandlerOptions
    /// Told apart from those that were registered under the name before.
    let number: Int

    /// The prefix of the flows and handlers of tasks.
    static let prefix = "task:"

    static func flowID(_ name: String) -> String { prefix + name }

    /// Nil: the flow is no task.
    static func name(of flowID: String) -> String? {
        flowID.hasPrefix(prefix) ? String(flowID.dropFirst(prefix.count)) : nil
    }

    /// The flow, without its version: what the handler says of its tasks, over what the engine says.
    func flow(_ configuration: TaskConfiguration) -> JSONObject {
        let retries = options.maxRetries ?? configuration.maxRetries
        let interval = options.retryInterval ?? configuration.retryInterval
        var step: JSONObject = [
            "type": .string(Self.flowID(name)), "input": ["type": "key", "key": "payload"], "transitions": [:],
            "retry": [
                "maxAttempts": .int(Int64(max(0, retries - 1))), "backoffMs": .int(interval.wholeMilliseconds),
                "backoffMultiplier": 1, "maxBackoffMs": .int(max(interval, .seconds(60)).wholeMilliseconds),
            ],
        ]
        step["timeoutMs"] = (options.timeout ?? configuration.timeout).map { .int($0.wholeMilliseconds) }
        step["heartbeatMs"] =
            (options.heartbeatTimeout ?? configuration.heartbeatTimeout).map { .int($0.wholeMilliseconds) }
        return [
            "id": .string(Self.flowID(name)), "name": .string(name), "initialStepId": "run",
            "metadata": ["task": .string(name), "priority": .int(Int64(options.priority ?? configuration.priority))],
            "steps": ["run": .object(step)],
        ]
    }
}

extension TaskOptions {
    /// What is said of attempts; nil: nothing.
    func terms(else options: TaskHandlerOptions, _ configuration: TaskConfiguration) -> StepTerms? {
        var terms = StepTerms(timeout: timeout, heartbeat: heartbeatTimeout)
        if maxRetries != nil || retryInterval != nil {
            terms.retry = .ofTask(
                maxRetries: maxRetries ?? options.maxRetries ?? configuration.maxRetries,
                interval: retryInterval ?? options.retryInterval ?? configuration.retryInterval)
        }
        return terms == StepTerms() ? nil : terms
    }

    /// Everything that is wrong, with its place in the request body.
    func problems() -> [Problem] {
        var problems: [Problem] = []
        func check(_ isFine: Bool, _ field: String, _ message: String) {
            guard !isFine else { return }
            problems.append(
                Problem(code: "INVALID_VALUE", pointer: JSONPointer(tokens: [field]), message: message))
        }
        let longest = Duration.seconds(3_650 * 86_400)
        check(timeout.map { $0 > .zero && $0 <= longest } ?? true, "timeoutMs", "must be more than 0, up to 10 years")
        check(
            heartbeatTimeout.map { $0 > .zero && $0 <= longest } ?? true, "heartbeatTimeoutMs",
            "must be more than 0, up to 10 years")
        check(
            retryInterval.map { $0 >= .zero && $0 <= longest } ?? true, "retryIntervalMs", "must be 0 to 10 years")
        check(maxRetries.map { (0...1_000_000).contains($0) } ?? true, "maxRetries", "must be 0 to 1,000,000")
        return problems
    }
}
