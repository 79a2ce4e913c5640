// What is due, by priority and time. An entry that no ready row vouches for any more is dropped when it comes to the
// top: changing a row's time is one insert.

import HeapModule
import SkeinCore

extension InMemoryExecutionStore {
    struct DueIndex {
        struct Entry: Comparable {
            var at: Timestamp
            /// Unique, growing.
            var ticket: UInt64
            var executionID: ExecutionID

            static func < (lhs: Entry, rhs: Entry) -> Bool { (lhs.at, lhs.ticket) < (rhs.at, rhs.ticket) }

            func isCurrent(in ready: [ExecutionID: Ready]) -> Bool { ready[executionID]?.ticket == ticket }
        }

        /// Rows of one priority that need one handler type.
        private struct Lane {
            /// Due when last looked at.
            var due = Heap<Entry>()
            var later = Heap<Entry>()

            mutating func advance(to now: Timestamp) {
                while let entry = later.min, entry.at <= now {
                    later.removeMin()
                    due.insert(entry)
                }
            }
        }

        /// By priority, highest first, then by what the rows need.
        private var levels: [(priority: Int16, lanes: [String: Lane])] = []
        private var lastTicket: UInt64 = 0
        private var count = 0

        /// Adds an entry and returns its ticket. What is due in the distant future never is: it gets a ticket only.
        mutating func insert(_ id: ExecutionID, at time: Timestamp, needs: String, priority: Int16) -> UInt64 {
            lastTicket += 1
            guard time != .distantFuture else { return lastTicket }
            let level = level(of: priority)
            levels[level].lanes[needs, default: Lane()].later.insert(
                Entry(at: time, ticket: lastTicket, executionID: id))
            count += 1
            return lastTicket
        }

        /// Drops all stale entries once most are.
        mutating func sweepIfCrowded(_ ready: [ExecutionID: Ready]) {
            guard count > 4 * ready.count + 1_024 else { return }
            count = 0
            for level in levels.indices {
                levels[level].lanes = levels[level].lanes.compactMapValues { lane in
                    let kept = Lane(
                        due: Heap(lane.due.unordered.filter { $0.isCurrent(in: ready) }),
                        later: Heap(lane.later.unordered.filter { $0.isCurrent(in: ready) }))
                    count += kept.due.count + kept.later.count
                    return kept.due.isEmpty && kept.later.isEmpty ? nil : kept
                }
            }
            levels.removeAll { $0.lanes.isEmpty }
        }

        /// Takes out at most `limit` current entries: by priority, then by time; those that need something else only
        /// when they have been due since `overdue`.
        mutating func take(
            _ limit: Int, of ready: [ExecutionID: Ready], at now: Timestamp, needing: Set<String>, overdue: Timestamp
        ) -> [ExecutionID] {
            var taken: [ExecutionID] = []
            for level in levels.indices where taken.count < limit {
                var heads = Heap<Head>()
                for needs in Array(levels[level].lanes.keys) {
                    let latest = needing.contains(needs) ? now : overdue
                    if let head = head(level, needs, of: ready, at: now, latest: latest) { heads.insert(head) }
                }
                while taken.count < limit, let head = heads.popMin() {
                    taken.append(head.entry.executionID)
                    levels[level].lanes[head.needs]?.due.removeMin()
                    count -= 1
                    if let next = self.head(level, head.needs, of: ready, at: now, latest: head.latest) {
                        heads.insert(next)
                    }
                }
            }
            return taken
        }

        /// The earliest current entry beyond `now` that needs one of these.
        mutating func next(of ready: [ExecutionID: Ready], after now: Timestamp, needing: Set<String>) -> Timestamp? {
            var earliest: Timestamp?
            for level in levels.indices {
                for needs in needing {
                    levels[level].lanes[needs]?.advance(to: now)
                    while let entry = levels[level].lanes[needs]?.later.min {
                        if entry.isCurrent(in: ready) {
                            earliest = min(earliest ?? entry.at, entry.at)
                            break
                        }
                        levels[level].lanes[needs]?.later.removeMin()
                        count -= 1
                    }
                }
            }
            return earliest
        }

        private struct Head: Comparable {
            var entry: Entry
            var needs: String
            var latest: Timestamp

            static func < (lhs: Head, rhs: Head) -> Bool { lhs.entry < rhs.entry }
        }

        /// The first current entry of a lane that is due at `latest` or before; drops the stale ones before it.
        private mutating func head(
            _ level: Int, _ needs: String, of ready: [ExecutionID: Ready], at now: Timestamp, latest: Timestamp
        ) -> Head? {
            levels[level].lanes[needs]?.advance(to: now)
            while let entry = levels[level].lanes[needs]?.due.min {
                if entry.isCurrent(in: ready) {
                    return entry.at <= latest ? Head(entry: entry, needs: needs, latest: latest) : nil
                }
                levels[level].lanes[needs]?.due.removeMin()
                count -= 1
            }
            return nil
        }

        private mutating func level(of priority: Int16) -> Int {
            let index = levels.firstIndex { $0.priority <= priority } ?? levels.count
            if index == levels.count || levels[index].priority != priority { levels.insert((priority, [:]), at: index) }
            return index
        }
    }
}
