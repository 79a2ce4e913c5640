// Breaks things by chance that a seed determines, with several hands at once.

import Foundation
import SkeinCore
import SkeinSimulation
import Synchronization

/// The hands and what they do.
final class Nemesis: Sendable {
    /// What one hand is about; each breaks one thing at a time.
    enum Hand: UInt64, CaseIterable, Sendable {
        case processes, postgres, redis, links
    }

    private let stage: Stage
    private let counts = Mutex<[String: Int]>([:])

    init(_ stage: Stage) { self.stage = stage }

    private func count(_ what: String) {
        counts.withLock { $0[what, default: 0] += 1 }
        stage.lab.note(what)
    }

    /// Breaks and mends until the time is over; leaves nothing broken.
    func work(_ hand: Hand, until end: ContinuousClock.Instant) async throws {
        var dice = Dice(stage.lab.settings.seed &+ hand.rawValue &* 15_485_863)
        while ContinuousClock.now < end {
            switch hand {
            case .processes: try await breakProcess(&dice)
            case .postgres: try await breakPostgres(&dice, until: end)
            case .redis: try await breakRedis(&dice)
            case .links: try await breakLink(&dice)
            }
        }
        for (what, count) in counts.withLock({ $0 }).sorted(by: { $0.key < $1.key }) where hand == .processes {
            stage.report(what, "\(count)")
        }
    }

    private func pause(_ dice: inout Dice, _ range: ClosedRange<Int>) async throws {
        try await Task.sleep(for: .milliseconds(range.lowerBound + dice.below(range.count)))
    }

    private func breakProcess(_ dice: inout Dice) async throws {
        try await pause(&dice, 1_500...6_000)
        let instances = stage.lab.instances
        guard !instances.isEmpty else { return try await stage.reman() }
        let victim = instances[dice.below(instances.count)]
        switch dice.below(10) {
        case ..<5:
            count("kill -9")
            try await stage.lab.kill(victim)
        case ..<8:
            count("freeze")
            victim.process.send(SIGSTOP)
            try await Task.sleep(for: stage.lab.settings.lease * 2.2)
            victim.process.send(SIGCONT)
        default:
            count("SIGTERM")
            try? await stage.lab.stopGracefully(victim)
            if victim.process.isRunning { try await stage.lab.kill(victim) }
        }
        // A new one may meet a database that is on its way up.
        for _ in 0..<20 { if (try? await stage.reman()) != nil { return } }
    }

    private func breakPostgres(_ dice: inout Dice, until end: ContinuousClock.Instant) async throws {
        try await pause(&dice, 5_000...40_000)
        guard ContinuousClock.now < end else { return }
        count("PostgreSQL crash")
        try await stage.lab.postgres.crash()
        try await stage.lab.postgres.start()
    }

    private func breakRedis(_ dice: inout Dice) async throws {
        try await pause(&dice, 1_000...8_000)
        if dice.percent(70) {
            count("FLUSHALL")
            await stage.lab.redis.command(["FLUSHALL"])
        } else {
            count("Redis restart")
            try await stage.lab.redis.crash()
            try await pause(&dice, 500...4_000)
            try await stage.lab.redis.start()
        }
    }

    private func breakLink(_ dice: inout Dice) async throws {
        try await pause(&dice, 1_000...5_000)
        let instances = stage.lab.instances
        guard !instances.isEmpty else { return }
        let victim = instances[dice.below(instances.count)]
        switch dice.below(5) {
        case 0:
            count("cut")
            victim.postgres.cut()
        case 1:
            count("answers swallowed")
            victim.postgres.set { $0.swallowNext = 3 }
        case 2:
            count("commits dropped")
            victim.postgres.set { $0.dropNext = 3 }
        case 3:
            count("slow link")
            victim.postgres.set { $0.delay = .milliseconds(50) }
            try await pause(&dice, 500...2_000)
            victim.postgres.set { $0.delay = .zero }
        default:
            count("silence")
            victim.postgres.set { $0.silence = .both }
            try await pause(&dice, 500...4_000)
            victim.postgres.heal()
        }
    }
}
