import Skein
import SkeinCore

/// Waits for the end of an execution and says by its exit status how it ended.
struct ExecutionWaiter: Sendable {
    var client: ServerClient
    var printer: Printer
    var options: WaitOptions
    var clock: any EngineClock = SystemClock()

    /// - Throws: a failure unless it completed.
    func wait(for id: String) async throws {
        let execution = options.follow ? try await follow(id) : try await poll(id)
        guard let execution else { throw timedOut(id) }
        if !options.follow { try printer.record(execution, columns: ExecutionColumns.list) }
        try Self.check(execution)
    }

    /// Throws unless the execution completed.
    static func check(_ execution: JSONValue) throws(CommandFailure) {
        let object = execution.object ?? [:]
        let id = object["id"]?.string ?? "?"
        guard let status = object["status"]?.string.flatMap({ ExecutionStatus(rawValue: $0) }) else {
            throw CommandFailure(
                .failure, "the server gave execution \(id) no status that this version knows", fix: "update the command"
            )
        }
        let exit = ExitStatus(execution: status)
        guard exit != .ok else { return }
        let word = status.rawValue
        let error = object["error"]?.object.map { error in
            let step = error["stepId"]?.string.map { " at step '\($0)'" } ?? ""
            return ": \(error["code"]?.string ?? "?")\(step): \(error["message"]?.string ?? "")"
        }
        let reason = object["cancellation"]?.object?["reason"]?.string.map { ": \($0)" }
        throw CommandFailure(
            exit, "the execution \(id) ended \(word)\(error ?? reason ?? "")", fix: "see `skein exec events \(id)`")
    }

    private func poll(_ id: String) async throws -> JSONValue? {
        let deadline = options.timeoutMs.map { clock.monotonic + .milliseconds($0) }
        while true {
            let left = deadline.map { max(.zero, $0 - clock.monotonic) } ?? .seconds(20)
            let span = min(left, .seconds(20))
            let execution = try await client.get(
                "/v1/executions/\(id.percentEncoded)/wait", [("timeoutMs", String(span.wholeMilliseconds))],
                timeout: span + .seconds(30))
            var body = execution.object ?? [:]
            body.removeValue(forKey: "timedOut")
            if body["status"]?.string.flatMap({ ExecutionStatus(rawValue: $0) })?.isEnded ?? true {
                return .object(body)
            }
            if let deadline, clock.monotonic >= deadline { return nil }
        }
    }

    private func follow(_ id: String) async throws -> JSONValue? {
        guard let timeout = options.timeoutMs else { return try await events(id) }
        let clock = clock
        return try await withThrowingTaskGroup(of: JSONValue?.self) { group in
            group.addTask { try await self.events(id) }
            group.addTask {
                try await clock.sleep(for: .milliseconds(timeout))
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    private func events(_ id: String) async throws -> JSONValue {
        var lines = EventLines(printer: printer)
        return try await EventFollower(client: client, console: printer.console).follow(id) { try lines.show($0) }
    }

    private func timedOut(_ id: String) -> CommandFailure {
        CommandFailure(
            .waitTimedOut, "the execution \(id) was not over after \(options.timeoutMs ?? 0) ms; it goes on",
            fix: "follow it with `skein exec follow \(id)`")
    }
}
