import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import SkeinCore

/// Readers of event streams, who write down every event's number and go on where they were cut off.
package struct Subscribers: Sendable {
    private let lab: Lab
    private let client: LoadClient
    private let file: LineFile

    package init(_ lab: Lab, _ client: LoadClient) throws {
        self.lab = lab
        self.client = client
        file = try LineFile(lab.folder.streams)
    }

    /// Follows some of the executions to their ends, one after the other in each of several tasks, until cancelled.
    package func run(count: Int) async {
        await withDiscardingTaskGroup { group in
            for number in 0..<count {
                group.addTask {
                    var next = number
                    while !Task.isCancelled {
                        let known = client.executions
                        if next < known.count {
                            await follow(known[next], subscriber: client.newReader())
                            next += count * 7
                        } else {
                            try? await Task.sleep(for: .milliseconds(50))
                        }
                    }
                }
            }
        }
    }

    private func follow(_ id: String, subscriber: Int) async {
        var last: Int64 = 0
        var isOver = false
        while !isOver, !Task.isCancelled {
            guard let instance = lab.instances.randomElement() else { return }
            (last, isOver) = await read(id, from: instance, after: last, subscriber)
            if !isOver { try? await Task.sleep(for: .milliseconds(50)) }
        }
    }

    /// Reads a stream until it closes. Returns the last number, and whether the execution's last event was among them.
    private func read(_ id: String, from instance: LabInstance, after last: Int64, _ subscriber: Int) async -> (
        Int64, Bool
    ) {
        var request = HTTPClientRequest(url: instance.web.url + "/v1/executions/\(id)/events")
        request.headers.add(name: "accept", value: "text/event-stream")
        if last > 0 { request.headers.add(name: "last-event-id", value: "\(last)") }
        var last = last
        var isOver = false
        do {
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
            guard response.status == .ok else { return (last, response.status == .notFound) }
            var text = ""
            for try await part in response.body {
                text += String(buffer: part)
                while let end = text.range(of: "\n\n") {
                    let frame = text[..<end.lowerBound]
                    text.removeSubrange(..<end.upperBound)
                    guard let seq = Self.number(of: frame) else { continue }
                    file.append([
                        "execution": .string(id), "subscriber": .int(Int64(subscriber)), "seq": .int(seq),
                        "after": .int(last), "instance": .string(instance.label), "at": .int(presentTime()),
                    ])
                    last = seq
                    isOver = Self.ends.contains { frame.contains("\"\($0)\"") }
                }
            }
        } catch {
            return (last, isOver)
        }
        return (last, isOver)
    }

    private static let ends = [
        "execution.completed", "execution.failed", "execution.cancelled", "execution.rolled_back",
        "execution.rollback_failed",
    ]

    private static func number(of frame: Substring) -> Int64? {
        for line in frame.split(separator: "\n") where line.hasPrefix("id:") {
            return Int64(line.dropFirst(3).drop { $0 == " " })
        }
        return nil
    }
}
