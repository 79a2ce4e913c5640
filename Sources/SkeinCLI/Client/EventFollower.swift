// Follows an execution over any number of connections: the server may restart, and another instance may take over.

import AsyncHTTPClient
import NIOCore
import Skein
import SkeinCore

/// Gives the events of one execution as they happen, each once.
struct EventFollower: Sendable {
    var client: ServerClient
    var console: Console
    var clock: any EngineClock = SystemClock()
    /// How long a server may be away before the follower gives up.
    var patience: Duration = .seconds(30)

    /// Returns the execution when it has ended.
    func follow(_ id: String, from seq: Int64 = 1, _ onEvent: (JSONValue) throws -> Void) async throws -> JSONValue {
        var last = seq - 1
        var lostAt: Duration?
        while true {
            do {
                let isOver = try await readStream(id, &last, onEvent) { lostAt = nil }
                let execution = try await client.get("/v1/executions/\(id.percentEncoded)")
                let status = execution.object?["status"]?.string.flatMap { ExecutionStatus(rawValue: $0) }
                if isOver || status?.isEnded ?? true { return execution }
                lostAt = nil
                try await clock.sleep(for: .milliseconds(200))
            } catch let failure as CommandFailure where failure.status == .unreachable {
                guard last >= seq || lostAt != nil else { throw failure }
                let since = lostAt ?? clock.monotonic
                if lostAt == nil {
                    console.note("lost the server at \(client.url); trying again for \(patience.components.seconds) s")
                }
                lostAt = since
                guard clock.monotonic - since < patience else { throw failure }
                try await clock.sleep(for: .milliseconds(500))
            }
        }
    }

    /// Returns whether the last event of the execution was seen.
    private func readStream(
        _ id: String, _ last: inout Int64, _ onEvent: (JSONValue) throws -> Void, onOpen: () -> Void
    ) async throws -> Bool {
        let path = "/v1/executions/\(id.percentEncoded)/events"
        let body = try await client.stream(path, lastEventID: last > 0 ? String(last) : nil)
        onOpen()
        var parser = EventStreamParser()
        do {
            for try await chunk in body {
                for event in parser.feed(chunk.readableBytesView) {
                    guard let value = try? JSONValue(parsing: event.data), let seq = value.object?["seq"]?.int64,
                        seq > last
                    else { continue }
                    last = seq
                    try onEvent(value)
                    if let type = value.object?["type"]?.string, Self.ends.contains(type) { return true }
                }
            }
        } catch let error as ClosedOutput {
            throw error
        } catch {
            throw client.unreachable(error)
        }
        return false
    }

    private static let ends: Set = [
        "execution.completed", "execution.failed", "execution.cancelled", "execution.rolled_back",
        "execution.rollback_failed",
    ]
}
