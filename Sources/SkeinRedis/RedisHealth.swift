import RedisClient
import Skein
import SkeinCore

/// The health of Redis as the breaker sees it, and as a direct question finds it.
struct RedisHealth: CoordinationHealth {
    let gate: RedisGate

    var isUp: Bool { gate.isUp }
    var isShared: Bool { true }

    func check() async -> (isFine: Bool, message: String) {
        let address = "redis at \(gate.client.configuration.address)"
        let clock = ContinuousClock()
        let start = clock.now
        do {
            try await gate.probe()
        } catch {
            return (false, "\(address): \(error)")
        }
        let time = Self.milliseconds(clock.now - start)
        if let policy = await evictionPolicy(), policy != "noeviction" {
            return (
                false,
                "\(address) answers in \(time), but forgets keys when it is full: set maxmemory-policy to noeviction, not \(policy)"
            )
        }
        return (true, "\(address) answers in \(time)")
    }

    /// The policy that applies when the memory is full; nil when none is set to be full, or when that cannot be asked.
    private func evictionPolicy() async -> String? {
        guard let text = try? await gate.client.command(["INFO", "memory"]).string else { return nil }
        var facts: [Substring: Substring] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { facts[parts[0]] = parts[1] }
        }
        guard let limit = facts["maxmemory"].flatMap({ Int64($0) }), limit > 0 else { return nil }
        return facts["maxmemory_policy"].map(String.init)
    }

    private static func milliseconds(_ span: Duration) -> String {
        let tenths = (span.microseconds + 50) / 100
        return "\(tenths / 10).\(tenths % 10) ms"
    }
}
