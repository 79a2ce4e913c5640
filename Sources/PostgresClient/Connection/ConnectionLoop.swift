internal import CPostgres
internal import DequeModule
internal import Logging

#if canImport(Glibc)
internal import Glibc
#endif

/// The thread of a connection or channel: opens sessions, feeds them from the mailbox, watches deadlines.
final class ConnectionLoop {
    /// Where the loop is.
    enum Phase {
        case idle
        case opening(ConnectionOpener, deadline: ContinuousClock.Instant)
        case handshake(PostgresSession, OneShot<[PostgresResult]>)
        case open(PostgresSession)
        case pausing(until: ContinuousClock.Instant)
        case ended
    }

    let configuration: PostgresConfiguration
    let mailbox: ConnectionMailbox
    let logger: Logger
    let plan: ConnectionPlan
    var phase = Phase.idle
    var waiting: Deque<PostgresCommand> = []
    /// No command in `waiting` or in flight has an earlier deadline.
    var nextDeadline: ContinuousClock.Instant?
    var failures = 0
    var lastFailure: PostgresError?
    /// A cancel request is on its way: nothing may be sent that it could hit by mistake.
    var isInterrupting = false
    var isInTransaction = false
    private var isWriteBlocked = false
    private var arrivals: [PostgresCommand] = []

    init(_ configuration: PostgresConfiguration, mailbox: ConnectionMailbox, plan: ConnectionPlan, logger: Logger) {
        self.configuration = configuration
        self.mailbox = mailbox
        self.plan = plan
        self.logger = logger
    }

    /// Runs until closed, or until the only session of the plan is over.
    func run() {
        startOpening()
        var isReadable = false
        while true {
            let signals = mailbox.take(&arrivals)
            let now = ContinuousClock.now
            admitArrivals()
            step(signals, now: now, isReadable: isReadable)
            if case .ended = phase { return }
            isReadable = wait()
        }
    }

    private func admitArrivals() {
        for command in arrivals {
            waiting.append(command)
            noteDeadline(command.deadline)
        }
        arrivals.removeAll(keepingCapacity: true)
    }

    private func step(_ signals: ConnectionMailbox.Signals, now: ContinuousClock.Instant, isReadable: Bool) {
        if signals.interruptIsDone { isInterrupting = false }
        switch phase {
        case .idle, .ended: break
        case .pausing(let until): if now >= until { startOpening() }
        case .opening(let opener, let deadline): checkOpener(opener, deadline: deadline, now: now)
        case .handshake(let session, _): pump(session, isReadable: isReadable)
        case .open(let session):
            for target in signals.interrupts { interrupt(session, target) }
            pump(session, isReadable: isReadable)
        }
        if let deadline = nextDeadline, now >= deadline { expire(now) }
        if signals.isClosing { close() }
    }

    /// Reads, sends, writes and hands out until nothing moves; losing the session on the way ends or reopens it.
    private func pump(_ session: PostgresSession, isReadable: Bool) {
        do throws(PostgresError) {
            if isReadable { try session.read() }
            try session.collect()
            if let notified = configuration.notified, session.takeNotifications() > 0 { notified() }
            _ = try deliver(session)
            repeat {
                guard currentSession === session else { return }
                try sendWaiting(session)
                try session.collect()
            } while try deliver(session)
        } catch {
            guard currentSession === session else { return }
            lose(session, error)
        }
    }

    private func sendWaiting(_ session: PostgresSession) throws(PostgresError) {
        isWriteBlocked = try session.flush()
        guard case .open = phase else { return }
        while !isWriteBlocked, !isInterrupting, let command = waiting.first, session.admits(command) {
            waiting.removeFirst()
            guard command.reply.markSent() else { continue }
            try session.send(command)
            isWriteBlocked = try session.flush()
        }
    }

    /// Hands out what is over; false when nothing was.
    private func deliver(_ session: PostgresSession) throws(PostgresError) -> Bool {
        guard !session.completed.isEmpty else { return false }
        let completed = session.completed
        session.completed.removeAll(keepingCapacity: true)
        let inTransaction = session.inFlight.isEmpty && session.inTransaction
        if inTransaction != isInTransaction {
            isInTransaction = inTransaction
            mailbox.inTransaction = inTransaction
        }
        for completion in completed {
            switch completion {
            case .repeated(let command): waiting.prepend(command)
            case .finished(let command, let outcome): finish(session, command, outcome)
            }
        }
        if inTransaction, plan.isShared {
            throw PostgresError(code: .misuse, message: "a transaction was left open on a shared connection")
        }
        return true
    }

    private func finish(
        _ session: PostgresSession, _ command: PostgresCommand, _ outcome: Result<[PostgresResult], PostgresError>
    ) {
        if case .handshake(_, let reply) = phase, command.reply === reply {
            finishHandshake(session, outcome)
        } else {
            failures = 0
            command.reply.settle(outcome.mapError { $0 })
        }
    }

    /// Sleeps until the socket, the mailbox or a deadline asks for attention; true when the socket may be read.
    private func wait() -> Bool {
        var descriptors = [pollfd(fd: mailbox.wakeUp.descriptor, events: Int16(POLLIN), revents: 0)]
        if let session = currentSession {
            let events = isWriteBlocked ? Int16(POLLIN | POLLOUT) : Int16(POLLIN)
            descriptors.append(pollfd(fd: session.socket, events: events, revents: 0))
        }
        let ready = poll(&descriptors, nfds_t(descriptors.count), pollTimeout())
        guard ready > 0 else { return false }
        if descriptors[0].revents != 0 { mailbox.wakeUp.clear() }
        return descriptors.count > 1 && descriptors[1].revents & ~Int16(POLLOUT) != 0
    }

    var currentSession: PostgresSession? {
        switch phase {
        case .handshake(let session, _), .open(let session): session
        case .idle, .opening, .pausing, .ended: nil
        }
    }
}
