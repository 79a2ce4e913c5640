// Server-sent events of one execution. Every event is read from the log: notices only say when to look, so nothing is
// skipped and nothing is kept for a client that reads slowly.

import Hummingbird
import NIOCore
import Skein
import SkeinCore

struct EventStream: Sendable {
    let engine: Engine
    let drain: Drain
    let executionID: ExecutionID
    let rootID: ExecutionID
    let heartbeat: Duration

    /// How many events are read at once.
    private static let batch = 200

    /// How often it looks by itself: notices may be lost.
    private static let look = Duration.seconds(1)

    /// Writes the events from `seq` on, as they happen. Returns after the execution's last event, or when this server
    /// goes away.
    @concurrent func write(to writer: inout any ResponseBodyWriter, from seq: Int64) async throws {
        try await writer.write(ByteBuffer(string: "retry: 1000\n\n"))
        let (looks, alarm) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let notices = engine.coordination.events.notices(root: rootID)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await notice in notices where notice == nil || notice?.executionID == executionID { alarm.yield() }
            }
            group.addTask {
                while true {
                    try await engine.clock.sleep(for: Self.look)
                    alarm.yield()
                }
            }
            group.addTask {
                await drain.wait()
                alarm.finish()
            }
            defer { group.cancelAll() }
            var next = seq
            var spokeAt = engine.clock.monotonic
            alarm.yield()
            for await _ in looks {
                let before = next
                if try await writeNew(&writer, &next) { return }
                if next > before {
                    spokeAt = engine.clock.monotonic
                } else if engine.clock.monotonic - spokeAt >= heartbeat {
                    try await writer.write(ByteBuffer(string: ":\n\n"))
                    spokeAt = engine.clock.monotonic
                }
            }
        }
    }

    /// Writes what there is. Returns whether nothing can follow.
    @concurrent private func writeNew(_ writer: inout any ResponseBodyWriter, _ next: inout Int64) async throws -> Bool
    {
        do {
            while true {
                let events = try await engine.events(of: executionID, from: next, limit: Self.batch)
                guard !events.isEmpty else { return try await isOver(next) }
                try await writer.write(ByteBuffer(bytes: events.flatMap(frame)))
                next = (events.last?.seq ?? next) + 1
                if events.last?.isTerminal == true { return true }
                if events.count < Self.batch, !drain.hasBegun { return false }
                if drain.hasBegun { return true }
            }
        } catch let error as StoreError where error.code == .unavailable {
            // The stream outlives a store that is away for a moment.
            return false
        }
    }

    /// A stream that begins behind the last event has nothing to wait for.
    private func isOver(_ next: Int64) async throws -> Bool {
        guard try await engine.execution(executionID).status.isEnded else { return false }
        // It may have ended between the two reads.
        return try await engine.events(of: executionID, from: next, limit: 1).isEmpty
    }

    private func frame(_ event: AuditEvent) -> [UInt8] {
        var bytes = Array("id: \(event.seq)\nevent: \(event.type)\ndata: ".utf8)
        event.json.append(to: &bytes)
        bytes.append(contentsOf: "\n\n".utf8)
        return bytes
    }
}
