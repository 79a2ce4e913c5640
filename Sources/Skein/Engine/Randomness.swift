// Ids and jitter. The system's generator asks the kernel at every call, which a row per step cannot afford: operation
// ids and the random part of execution ids come from a mixed counter, keyed once per process by the kernel. They are
// unique, not secret; what must not be guessed (claims, locks) asks the kernel.

import SkeinCore
import Synchronization

/// 64 random-looking bits at a time, never the same twice within a process.
enum Mixer {
    private static let keys: (UInt64, UInt64) = {
        var generator = SystemRandomNumberGenerator()
        return (generator.next(), generator.next())
    }()
    private static let counter = Atomic<UInt64>(0)

    /// The finaliser of SplitMix64 (Steele, Lea, Flood 2014).
    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    static func next() -> (UInt64, UInt64) {
        let turn = counter.add(1, ordering: .relaxed).newValue &* 0x9E37_79B9_7F4A_7C15
        return (mix(keys.0 &+ turn), mix(keys.1 ^ turn))
    }

    /// 0 ..< 1.
    static func fraction() -> Double {
        Double(next().0 >> 11) * 0x1p-53
    }
}

extension UniqueID {
    /// A version 4 UUID that nobody can guess.
    static func random() -> UniqueID {
        var generator = SystemRandomNumberGenerator()
        return .v4(random: generator.next(), generator.next())
    }
}

extension OperationID {
    static func new() -> OperationID {
        let (high, low) = Mixer.next()
        return OperationID(raw: .v4(random: high, low))
    }
}

extension ClaimID {
    /// For an execution that is born in its creator's hands: unique is enough, for nobody else ever sees it asked for.
    static func new() -> ClaimID {
        let (high, low) = Mixer.next()
        return ClaimID(raw: .v4(random: high, low))
    }
}

extension ExecutionID {
    static func new(at time: Timestamp) -> ExecutionID {
        ExecutionID(raw: .v7(at: time, random: Mixer.next().0))
    }
}
