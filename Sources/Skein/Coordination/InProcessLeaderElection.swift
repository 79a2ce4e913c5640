import SkeinCore
import Synchronization

/// Elects among the engines of one process. Terms expire by the clock's monotonic time.
public final class InProcessLeaderElection: LeaderElection {
    private struct Term {
        var candidate: String
        var until: Duration
    }

    private let clock: any EngineClock
    private let terms = Mutex<[String: Term]>([:])

    public init(clock: any EngineClock) {
        self.clock = clock
    }

    public func campaign(_ duty: String, candidate: String, ttl: Duration) async throws -> Bool {
        let present = clock.monotonic
        return terms.withLock { terms in
            if let term = terms[duty], term.until > present, term.candidate != candidate { return false }
            terms[duty] = Term(candidate: candidate, until: present + ttl)
            return true
        }
    }

    public func resign(_ duty: String, candidate: String) async throws {
        terms.withLock { terms in
            if terms[duty]?.candidate == candidate { terms[duty] = nil }
        }
    }

    public func leader(of duty: String) async throws -> String? {
        let present = clock.monotonic
        return terms.withLock { terms in terms[duty].flatMap { $0.until > present ? $0.candidate : nil } }
    }
}
