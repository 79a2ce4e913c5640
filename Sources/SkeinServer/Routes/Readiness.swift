import Skein

/// Asks the checks at most once at a time and once per `age`, and never makes anybody wait longer than `limit`.
actor Readiness {
    private let limit: Duration
    private let age: Duration
    private let ask: @Sendable () async -> ReadinessReport
    private var last: (report: ReadinessReport, at: ContinuousClock.Instant)?
    private var waiters: [CheckedContinuation<ReadinessReport, Never>] = []
    private var isAsking = false
    /// Grows with each question, so that a limit ends only its own.
    private var turn = 0
    private var isLate = false

    init(limit: Duration, age: Duration, ask: @escaping @Sendable () async -> ReadinessReport) {
        self.limit = limit
        self.age = age
        self.ask = ask
    }

    func report() async -> ReadinessReport {
        if let last, last.at.duration(to: .now) < age { return last.report }
        // Whoever hangs, hangs alone: a question without an answer is not asked a second time.
        if isAsking, isLate { return .late(limit) }
        return await withCheckedContinuation { waiter in
            waiters.append(waiter)
            if !isAsking { start() }
        }
    }

    /// On tasks of their own: a client that goes away must not take the answer from the others.
    private func start() {
        isAsking = true
        isLate = false
        turn += 1
        let turn = turn
        Task { self.finish(await self.ask()) }
        Task {
            try? await Task.sleep(for: self.limit)
            self.giveUp(turn)
        }
    }

    private func finish(_ report: ReadinessReport) {
        isAsking = false
        last = (report, .now)
        answer(report)
    }

    private func giveUp(_ turn: Int) {
        guard isAsking, turn == self.turn else { return }
        isLate = true
        answer(.late(limit))
    }

    private func answer(_ report: ReadinessReport) {
        for waiter in waiters { waiter.resume(returning: report) }
        waiters = []
    }
}
