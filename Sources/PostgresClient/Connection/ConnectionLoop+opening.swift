internal import CPostgres
internal import DequeModule
internal import Logging

extension ConnectionLoop {
    func startOpening() {
        let opener = ConnectionOpener(configuration) { [mailbox] in mailbox.openerDone() }
        phase = .opening(opener, deadline: ContinuousClock.now + configuration.connectTimeout)
    }

    func checkOpener(_ opener: ConnectionOpener, deadline: ContinuousClock.Instant, now: ContinuousClock.Instant) {
        guard let outcome = opener.take() else {
            guard now >= deadline else { return }
            opener.abandon()
            return openingFailed(PostgresError(code: .connectTimeout, message: "no connection before the deadline"))
        }
        do throws(PostgresError) {
            try startHandshake(try outcome.get(), deadline: deadline)
        } catch {
            openingFailed(error)
        }
    }

    private func startHandshake(
        _ handle: LibpqPointer, deadline: ContinuousClock.Instant
    ) throws(PostgresError) {
        let session = try PostgresSession(handle, logger: logger, counters: configuration.counters)
        let reply = OneShot<[PostgresResult]>()
        let queries = PostgresServerIdentity.handshake(configuration)
        try session.send(PostgresCommand(work: .pipeline(queries), deadline: deadline, reply: reply))
        noteDeadline(deadline)
        phase = .handshake(session, reply)
    }

    func finishHandshake(_ session: PostgresSession, _ outcome: Result<[PostgresResult], PostgresError>) {
        do throws(PostgresError) {
            let identity = try PostgresServerIdentity(handshake: try outcome.get())
            phase = .open(session)
            lastFailure = nil
            mailbox.identity = identity
            switch plan {
            case .once(let opened, _): opened.settle(.success(identity))
            case .always(let connected, _): connected(identity)
            }
        } catch {
            openingFailed(error)
        }
    }

    /// No session came about: the end of a single one, a pause for a channel.
    func openingFailed(_ error: PostgresError) {
        var failure = error
        if failure.code == .connectionLost { failure.code = .connectFailed }
        failure.outcomeUnknown = false
        switch plan {
        case .once(let opened, _):
            end(failure)
            opened.settle(.failure(failure))
        case .always:
            logger.info("could not connect to PostgreSQL", metadata: ["postgres.error": "\(failure)"])
            pause(after: failure)
        }
    }

    /// The session died: what was sent fails, what was not waits for the next session if there will be one.
    func lose(_ session: PostgresSession, _ error: PostgresError, now: ContinuousClock.Instant? = nil) {
        if case .handshake = phase {
            var failure = error
            if now != nil { failure.code = .connectTimeout }
            return openingFailed(failure)
        }
        // The state changes before any waiter learns of the loss, so that none can see the old one.
        mailbox.identity = nil
        mailbox.inTransaction = false
        isInTransaction = false
        for case .repeated(let command) in session.completed { waiting.prepend(command) }
        switch plan {
        case .once:
            var reason = error
            reason.code = .connectionLost
            end(reason)
        case .always:
            logger.info("lost the connection to PostgreSQL", metadata: ["postgres.error": "\(error)"])
            pause(after: error)
        }
        // What was answered completely before the loss keeps its answer.
        for case .finished(let command, let outcome) in session.completed {
            command.reply.settle(outcome.mapError { $0 })
        }
        session.completed.removeAll()
        session.abort(error, timedOutBefore: now)
    }

    private func pause(after error: PostgresError) {
        failures += 1
        lastFailure = error
        phase = .pausing(until: ContinuousClock.now + configuration.reconnectBackoff.delay(failures: failures))
    }

    func end(_ error: PostgresError) {
        if case .opening(let opener, _) = phase { opener.abandon() }
        phase = .ended
        for command in waiting { command.fail(error) }
        waiting.removeAll()
        mailbox.end(error)
    }
}
