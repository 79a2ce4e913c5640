public import Skein
import SkeinCore

/// What every `LockManager` promises.
public enum LockConformance {
    public static let cases: [ConformanceCase<any LockManager>] = [
        ConformanceCase("a lock has one holder", oneHolder),
        ConformanceCase("of many at once one gets the lock", oneWinner),
        ConformanceCase("two locks do not know each other", independentNames),
        ConformanceCase("a released lock is free at once", release),
        ConformanceCase("a lock that nobody extends is free after its ttl", expiry),
        ConformanceCase("an extended lock stays and says its new ttl", extending),
        ConformanceCase("a foreign or past grant neither extends nor releases", foreignGrant),
        ConformanceCase("two grants of one holder differ", distinctGrants),
        ConformanceCase("a lock says who holds it since when", description),
        ConformanceCase("the list shows every lock once, up to the limit", list),
        ConformanceCase("names and holders may contain anything", oddNames),
    ]

    private static let long: Duration = .seconds(300)
    private static let short: Duration = .milliseconds(60)

    private static func oneHolder(_ space: ConformanceSpace<any LockManager>) async throws {
        let grant = try await space.first.acquire("a", holder: "one", ttl: long)
        try Expectation.require(grant?.name == "a", "a free lock is granted")
        try Expectation.require(
            try await space.second.acquire("a", holder: "two", ttl: long) == nil, "a held lock is not granted")
        try Expectation.require(
            try await space.first.acquire("a", holder: "one", ttl: long) == nil, "nor to its own holder")
        try Expectation.require(try await space.second.holder(of: "a")?.holder == "one", "everybody sees the holder")
    }

    private static func oneWinner(_ space: ConformanceSpace<any LockManager>) async throws {
        let grants = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<32 {
                let locks = number.isMultiple(of: 2) ? space.first : space.second
                group.addTask { try await locks.acquire("a", holder: "\(number)", ttl: long) != nil }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        try Expectation.require(grants == 1, "one of 32 gets the lock, not \(grants)")
    }

    private static func independentNames(_ space: ConformanceSpace<any LockManager>) async throws {
        let first = try await space.first.acquire("a", holder: "one", ttl: long)
        let second = try await space.second.acquire("b", holder: "two", ttl: long)
        try Expectation.require(first != nil && second != nil, "both are granted")
    }

    private static func release(_ space: ConformanceSpace<any LockManager>) async throws {
        let grant = try await acquired(space.first)
        try await space.first.release(grant)
        try Expectation.require(try await space.second.holder(of: "a") == nil, "nobody holds it")
        try Expectation.require(
            try await space.second.acquire("a", holder: "two", ttl: long) != nil, "the next one gets it")
        try await space.first.release(grant)
        try Expectation.require(try await space.first.holder(of: "a")?.holder == "two", "a second release does nothing")
    }

    private static func expiry(_ space: ConformanceSpace<any LockManager>) async throws {
        let grant = try await acquired(space.first, ttl: short)
        try await Expectation.eventually("it is free after its ttl", in: space) {
            try await space.second.holder(of: "a") == nil
        }
        try Expectation.require(try await !space.first.extend(grant, ttl: long), "an expired grant is not extended")
        try Expectation.require(
            try await space.second.acquire("a", holder: "two", ttl: long) != nil, "the next one gets it")
    }

    private static func extending(_ space: ConformanceSpace<any LockManager>) async throws {
        let grant = try await acquired(space.first, ttl: .seconds(30))
        try Expectation.require(try await space.second.extend(grant, ttl: long), "whoever has the grant extends it")
        let left = try await space.first.holder(of: "a")?.ttl ?? .zero
        try Expectation.require(left > .seconds(200) && left <= long, "the ttl is the new one, not \(left)")
        try Expectation.require(try await space.first.extend(grant, ttl: short), "it may be shortened")
        try await Expectation.eventually("it ends at the new ttl", in: space) {
            try await space.second.holder(of: "a") == nil
        }
    }

    private static func foreignGrant(_ space: ConformanceSpace<any LockManager>) async throws {
        let past = try await acquired(space.first)
        try await space.first.release(past)
        _ = try await acquired(space.first)
        for foreign in [past, LockGrant(name: "a", value: "one"), LockGrant(name: "a", value: "")] {
            try Expectation.require(
                try await !space.second.extend(foreign, ttl: short), "a foreign grant extends nothing")
            try await space.second.release(foreign)
        }
        try Expectation.require(try await space.second.holder(of: "a")?.holder == "one", "the lock is where it was")
        let unknown = LockGrant(name: "unknown", value: past.value)
        try Expectation.require(try await !space.first.extend(unknown, ttl: long), "what nobody holds is not extended")
        try Expectation.require(try await space.first.holder(of: "unknown") == nil, "nor made by it")
    }

    private static func distinctGrants(_ space: ConformanceSpace<any LockManager>) async throws {
        let first = try await acquired(space.first)
        try await space.first.release(first)
        let second = try await acquired(space.first)
        try Expectation.require(first != second, "grants differ")
    }

    private static func description(_ space: ConformanceSpace<any LockManager>) async throws {
        _ = try await acquired(space.first, ttl: long)
        guard let info = try await space.second.holder(of: "a") else {
            throw ConformanceViolation("a held lock has a holder")
        }
        try Expectation.require(info.name == "a" && info.holder == "one", "name and holder are as given")
        try Expectation.require(info.since != nil, "it says since when")
        try Expectation.require(info.ttl.map { $0 > .zero && $0 <= long } ?? false, "it says for how long")
        try Expectation.require(try await space.second.holder(of: "b") == nil, "a free lock has no holder")
    }

    private static func list(_ space: ConformanceSpace<any LockManager>) async throws {
        try Expectation.require(try await space.first.list(limit: 10).isEmpty, "there is none at first")
        for number in 0..<40 {
            _ = try await space.first.acquire("job:\(number)", holder: "h\(number)", ttl: long)
        }
        let all = try await space.second.list(limit: 100)
        try Expectation.require(
            Set(all.map(\.name)) == Set((0..<40).map { "job:\($0)" }) && all.count == 40, "each is there once")
        try Expectation.require(all.allSatisfy { "job:" + $0.holder.dropFirst() == $0.name }, "with its holder")
        try Expectation.require(try await space.second.list(limit: 7).count == 7, "no more than asked for")
        try Expectation.require(try await space.second.list(limit: 0).isEmpty, "none when none is asked for")
    }

    private static func oddNames(_ space: ConformanceSpace<any LockManager>) async throws {
        for name in ["", " ", "a|b|c", "é\r\nDEL x", "%s%b", "*?[x]\\", "exec:0190-…"] {
            let grant = try await space.first.acquire(name, holder: "h|\(name)|7", ttl: long)
            guard let grant else { throw ConformanceViolation("any name can be locked") }
            let info = try await space.second.holder(of: name)
            try Expectation.require(info?.holder == "h|\(name)|7" && info?.name == name, "name and holder are as given")
            try await space.second.release(grant)
            try Expectation.require(try await space.first.holder(of: name) == nil, "and released")
        }
    }

    private static func acquired(_ locks: any LockManager, ttl: Duration = long) async throws -> LockGrant {
        guard let grant = try await locks.acquire("a", holder: "one", ttl: ttl) else {
            throw ConformanceViolation("a free lock is granted")
        }
        return grant
    }
}
