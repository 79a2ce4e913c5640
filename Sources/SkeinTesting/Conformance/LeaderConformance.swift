public import Skein

/// What every `LeaderElection` promises while its service is up.
public enum LeaderConformance {
    public static let cases: [ConformanceCase<any LeaderElection>] = [
        ConformanceCase("a duty has one leader", oneLeader),
        ConformanceCase("of many candidates at once one leads", oneWinner),
        ConformanceCase("a leader stays by campaigning again", renewal),
        ConformanceCase("another leads after the leader resigned", resignation),
        ConformanceCase("another leads after the term has ended", expiry),
        ConformanceCase("who does not lead resigns nothing", foreignResignation),
    ]

    private typealias Space = ConformanceSpace<any LeaderElection>
    private static let long: Duration = .seconds(300)

    private static func oneLeader(_ space: Space) async throws {
        try Expectation.require(try await space.first.leader(of: "schedules") == nil, "nobody leads at first")
        try Expectation.require(
            try await space.first.campaign("schedules", candidate: "a:1", ttl: long), "the first leads")
        try Expectation.require(
            try await !space.second.campaign("schedules", candidate: "b:1", ttl: long), "the second does not")
        try Expectation.require(
            try await space.second.campaign("maintenance", candidate: "b:1", ttl: long), "but another duty")
        try Expectation.require(try await space.second.leader(of: "schedules") == "a:1", "everybody sees the leader")
    }

    private static func oneWinner(_ space: Space) async throws {
        let leaders = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<32 {
                let election = number.isMultiple(of: 2) ? space.first : space.second
                group.addTask { try await election.campaign("schedules", candidate: "\(number)", ttl: long) }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        try Expectation.require(leaders == 1, "one of 32 leads, not \(leaders)")
    }

    private static func renewal(_ space: Space) async throws {
        _ = try await space.first.campaign("schedules", candidate: "a:1", ttl: .seconds(30))
        try Expectation.require(try await space.first.campaign("schedules", candidate: "a:1", ttl: long), "it stays")
        await space.pass(.seconds(100))
        try Expectation.require(
            try await !space.second.campaign("schedules", candidate: "b:1", ttl: long), "for the new term")
        try Expectation.require(
            try await !space.second.campaign("schedules", candidate: "a:2", ttl: long),
            "another term is another candidate")
    }

    private static func resignation(_ space: Space) async throws {
        _ = try await space.first.campaign("schedules", candidate: "a:1", ttl: long)
        try await space.first.resign("schedules", candidate: "a:1")
        try Expectation.require(try await space.second.leader(of: "schedules") == nil, "nobody leads")
        try Expectation.require(
            try await space.second.campaign("schedules", candidate: "b:1", ttl: long), "another may")
    }

    private static func expiry(_ space: Space) async throws {
        _ = try await space.first.campaign("schedules", candidate: "a:1", ttl: .milliseconds(60))
        try await Expectation.eventually("the term ends", in: space) {
            try await space.second.leader(of: "schedules") == nil
        }
        try Expectation.require(
            try await space.second.campaign("schedules", candidate: "b:1", ttl: long), "another may")
        try Expectation.require(
            try await !space.first.campaign("schedules", candidate: "a:1", ttl: long), "the first is too late")
    }

    private static func foreignResignation(_ space: Space) async throws {
        try await space.first.resign("schedules", candidate: "a:1")
        _ = try await space.first.campaign("schedules", candidate: "a:1", ttl: long)
        try await space.second.resign("schedules", candidate: "b:1")
        try Expectation.require(try await space.first.leader(of: "schedules") == "a:1", "the leader stays")
    }
}
