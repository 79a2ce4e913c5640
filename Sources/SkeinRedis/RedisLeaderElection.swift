import RedisClient
import Skein

/// Leaders as keys with a time to live, whose value is the candidate as the caller names it: worker id and term.
struct RedisLeaderElection: LeaderElection {
    let gate: RedisGate
    let keys: RedisKeys

    func campaign(_ duty: String, candidate: String, ttl: Duration) async throws -> Bool {
        try await gate.eval(Scripts.campaign, key: keys.leader(duty), [candidate, RedisKeys.milliseconds(ttl)]).int == 1
    }

    func resign(_ duty: String, candidate: String) async throws {
        _ = try await gate.eval(Scripts.release, key: keys.leader(duty), [candidate])
    }

    func leader(of duty: String) async throws -> String? {
        // Of another type: nobody's term.
        try await gate.ask([["GET", keys.leader(duty)]]).first?.string
    }
}
