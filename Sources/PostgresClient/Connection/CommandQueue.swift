/// The asynchronous face of a mailbox: queues commands, waits for them, turns cancellation into what it may do.
struct CommandQueue: Sendable {
    /// What the cancellation of the waiting task does to a command that was sent; an unsent one is withdrawn.
    enum Cancellation {
        /// Only the waiter leaves; the outcome stays unknown to it.
        case abandon
        /// The server is asked to cancel the command; the waiter stays for the answer.
        case interrupt
        /// Nothing, not even before sending: the command must run to its end.
        case ignore
        /// Nothing once sent: the waiter stays for the answer.
        case wait
    }

    let mailbox: ConnectionMailbox
    let defaultTimeout: Duration

    /// Runs statements as one pipeline with one Sync.
    func run(
        _ queries: [PostgresQuery], timeout: Duration?, cancellation: Cancellation
    ) async throws -> [PostgresResult] {
        for query in queries { try query.validate() }
        if queries.isEmpty { return [] }
        return try await run(.pipeline(queries), timeout: timeout, cancellation: cancellation)
    }

    /// Runs a script.
    func run(script: String, timeout: Duration?, cancellation: Cancellation) async throws {
        guard !script.utf8.contains(0) else {
            throw PostgresError.encoding("a script contains a NUL byte", statement: nil)
        }
        _ = try await run(.script(script), timeout: timeout, cancellation: cancellation)
    }

    private func run(
        _ work: PostgresCommand.Work, timeout: Duration?, cancellation: Cancellation
    ) async throws -> [PostgresResult] {
        let reply = OneShot<[PostgresResult]>()
        let deadline = ContinuousClock.now + (timeout ?? defaultTimeout)
        let command = PostgresCommand(work: work, deadline: deadline, reply: reply)
        if case .ignore = cancellation { return try await reply.value { mailbox.push(command) } }
        return try await withTaskCancellationHandler {
            try await reply.value { mailbox.push(command) }
        } onCancel: {
            cancel(command, cancellation)
        }
    }

    private func cancel(_ command: PostgresCommand, _ cancellation: Cancellation) {
        if command.reply.withdraw() { return }
        switch cancellation {
        case .ignore, .wait: break
        case .interrupt: mailbox.interrupt(command.reply)
        case .abandon:
            command.fail(
                PostgresError(
                    code: .cancelled, message: "the task was cancelled while the command was under way",
                    statement: command.name, outcomeUnknown: true))
        }
    }
}

extension CommandQueue {
    /// Closes the mailbox and returns when its thread is about to end.
    func close() async {
        let closed = OneShot<Void>()
        // The outcome is always success: closers are settled by the end, never failed.
        try? await closed.value { mailbox.close(closed) }
    }
}
