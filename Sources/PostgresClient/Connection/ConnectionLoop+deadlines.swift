internal import CPostgres
internal import DequeModule
internal import Logging

extension ConnectionLoop {
    func noteDeadline(_ deadline: ContinuousClock.Instant) {
        nextDeadline = nextDeadline.map { min($0, deadline) } ?? deadline
    }

    /// Milliseconds to sleep, rounded up; -1 when nothing is due.
    func pollTimeout() -> Int32 {
        var due = nextDeadline
        switch phase {
        case .opening(_, let deadline): due = due.map { min($0, deadline) } ?? deadline
        case .pausing(let until): due = due.map { min($0, until) } ?? until
        case .idle, .handshake, .open, .ended: break
        }
        // Without a descriptor to wake it (none were left), the thread looks by itself.
        guard mailbox.wakeUp.descriptor >= 0 else { return 5 }
        guard let due else { return -1 }
        let (seconds, attoseconds) = (due - ContinuousClock.now).components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return Int32(clamping: min(seconds, 86_400) * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
    }

    /// Fails what is late. What is late in flight takes the connection with it, without a cancel: it may be committing.
    func expire(_ now: ContinuousClock.Instant) {
        if let session = currentSession, session.inFlight.contains(where: { $0.command.deadline <= now }) {
            lose(
                session,
                PostgresError(
                    code: .connectionLost, message: "given up because a command on it passed its deadline"), now: now)
        }
        let late = waiting.filter { $0.deadline <= now }
        waiting.removeAll { $0.deadline <= now }
        for command in late {
            command.fail(
                PostgresError(
                    code: .commandTimeout, message: "not sent before the deadline", detail: lastFailure?.description,
                    statement: command.name))
        }
        nextDeadline = waiting.map(\.deadline).min()
        for flight in currentSession?.inFlight ?? [] { noteDeadline(flight.command.deadline) }
    }

    /// Cancels the command on the server from a thread of its own, if it is alone on the connection and still runs.
    func interrupt(_ session: PostgresSession, _ target: OneShot<[PostgresResult]>?) {
        guard !isInterrupting, let running = session.only, target == nil || running.reply === target,
            let cancel = session.makeCancel()
        else { return }
        isInterrupting = true
        OSThread.start("pg-cancel") { [mailbox, logger] in
            var message = [CChar](repeating: 0, count: 256)
            if PQcancel(cancel.pointer, &message, 256) == 0 {
                let text = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                logger.info("could not cancel on PostgreSQL", metadata: ["postgres.error": "\(text)"])
            }
            PQfreeCancel(cancel.pointer)
            mailbox.interruptDone()
        }
    }

    /// Refuses what waits, lets what is in flight finish, then ends.
    func close() {
        let error = PostgresError.closed("connection")
        for command in waiting { command.fail(error) }
        waiting.removeAll()
        switch phase {
        case .open(let session) where !session.inFlight.isEmpty: return
        case .idle, .opening, .handshake, .open, .pausing: end(error)
        case .ended: return
        }
        if case .once(let opened, _) = plan { opened.settle(.failure(error)) }
    }
}
