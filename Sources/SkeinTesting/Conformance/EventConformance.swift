public import Skein
import SkeinCore
import Synchronization

/// What every `EventBroadcaster` promises while its service is up.
public enum EventConformance {
    public static let cases: [ConformanceCase<any EventBroadcaster>] = [
        ConformanceCase("the latest position reaches every listener of the tree", latestPosition),
        ConformanceCase("positions of one execution come in order", order),
        ConformanceCase("other trees are not heard", otherTrees),
        ConformanceCase("a listener that falls behind is told that it missed something", gap),
        ConformanceCase("a listener that comes again hears again", again),
    ]

    private typealias Space = ConformanceSpace<any EventBroadcaster>

    private static let root = id(1)

    private static func id(_ number: UInt64) -> ExecutionID {
        ExecutionID(raw: .v7(at: Timestamp(microseconds: 1), random: number))
    }

    private static func notice(_ position: Int64, of execution: ExecutionID? = nil, root tree: ExecutionID? = nil)
        -> EventNotice
    {
        EventNotice(executionID: execution ?? root, rootID: tree ?? root, position: position)
    }

    private static func latestPosition(_ space: Space) async throws {
        let streams = [
            space.first.notices(root: root), space.first.notices(root: root), space.second.notices(root: root),
        ]
        try await space.settle(2)
        let child = id(2)
        for position: Int64 in 1...5 {
            space.first.publish(notice(position))
            space.first.publish(notice(position * 10, of: child))
        }
        for stream in streams {
            let heard = try await collect(stream) { $0[root] == 5 && $0[child] == 50 }
            try Expectation.require(heard.allSatisfy { $0.rootID == root }, "they belong to the tree")
        }
    }

    private static func order(_ space: Space) async throws {
        let stream = space.second.notices(root: root)
        try await space.settle(1)
        let listener = Task { try await collect(stream) { $0[root] == 2_000 } }
        for position: Int64 in 1...2_000 {
            space.first.publish(notice(position))
            if position.isMultiple(of: 100) { await Task.yield() }
        }
        let positions = try await listener.value.map(\.position)
        try Expectation.require(
            positions == positions.sorted() && Set(positions).count == positions.count, "they only rise")
    }

    private static func otherTrees(_ space: Space) async throws {
        let (mine, other) = (space.second.notices(root: root), space.second.notices(root: id(9)))
        try await space.settle(2)
        space.first.publish(notice(1, of: id(9), root: id(9)))
        space.first.publish(notice(2))
        let heard = try await collect(mine) { $0[root] == 2 }
        try Expectation.require(heard.allSatisfy { $0.executionID == root }, "mine hears mine")
        let others = try await collect(other) { $0[id(9)] == 1 }
        try Expectation.require(others.allSatisfy { $0.executionID == id(9) }, "the other hears the other's")
    }

    private static func gap(_ space: Space) async throws {
        let stream = space.first.notices(root: root)
        try await space.settle(1)
        // What one process publishes reaches its own listeners one by one: many different executions are not merged.
        for number: UInt64 in 10..<10_000 { space.first.publish(notice(1, of: id(number))) }
        let isTold = try await Expectation.soon("it is told") {
            var count = 0
            for await notice in stream {
                count += 1
                if notice == nil, count > 2 { return true }
            }
            return false
        }
        try Expectation.require(isTold, "a nil tells of the gap")
    }

    private static func again(_ space: Space) async throws {
        for round: UInt64 in 2...6 {
            let stream = space.second.notices(root: root)
            let isHeard = Flag()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    _ = try await collect(stream) { $0[id(round)] != nil }
                    isHeard.raise()
                }
                var position: Int64 = 0
                try await Expectation.eventually("it hears again", in: space) {
                    position += 1
                    space.first.publish(notice(position, of: id(round)))
                    return isHeard.isRaised
                }
                try await group.waitForAll()
            }
        }
    }

    /// Everything but the gaps, until the highest positions are as wanted.
    private static func collect(
        _ stream: AsyncStream<EventNotice?>, until isDone: @escaping @Sendable ([ExecutionID: Int64]) -> Bool
    ) async throws -> [EventNotice] {
        try await Expectation.soon("the latest positions come") {
            var heard: [EventNotice] = []
            var highest: [ExecutionID: Int64] = [:]
            for await element in stream {
                guard let notice = element else { continue }
                heard.append(notice)
                highest[notice.executionID] = max(notice.position, highest[notice.executionID] ?? .min)
                if isDone(highest) { return heard }
            }
            throw ConformanceViolation("the stream does not end")
        }
    }
}

private final class Flag: Sendable {
    private let value = Atomic(false)

    var isRaised: Bool { value.load(ordering: .acquiring) }

    func raise() { value.store(true, ordering: .releasing) }
}
