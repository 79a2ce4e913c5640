import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import Skein
import SkeinCore
import SkeinServer

/// Creations over HTTP: how many a second, and from the request to the handler's start.
struct Web {
    let environment: BenchEnvironment
    let options: SkeinBench

    init(_ environment: BenchEnvironment, _ options: SkeinBench) {
        self.environment = environment
        self.options = options
    }

    func run(_ report: Report) async throws {
        let starts = Starts()
        let body = JSONValue.object([
            "flowId": "chain-1", "flowVersion": "1.0.0", "context": .object(BenchFlows.context),
        ]).serialized()
        let (rate, latencies) = try await environment.withEngine(configure: { $0.concurrency = options.concurrency }) {
            engine in
            engine.handle("work") { _, step in
                starts.note(step.executionID)
                return .success(BenchFlows.output)
            }
            try await engine.register(BenchFlows.chain(1))
            return try await serving(engine) { port in
                let url = "http://127.0.0.1:\(port)/v1/executions"
                var latencies: [Double] = []
                for _ in 0..<300 {
                    let began = ContinuousClock.now
                    let id = try await create(url, body)
                    latencies.append(seconds(await starts.wait(for: id) - began) * 1_000)
                }
                return (try await perSecond(url, body), latencies)
            }
        }
        let commit = report.value("commit.p50") ?? 0
        report.note("http.creates", "creations over HTTP, 64 connections", value: rate, unit: "/s")
        report.note(
            "http.create-to-handler.p50", "from the request to the handler's start", value: latencies.median,
            unit: "ms",
            limit: 2 * commit + 0.5, ratio: latencies.median / (2 * commit + 0.5),
            target: "<= 1 of (2 commits + 0.5 ms)")
        report.note(
            "http.create-to-handler.p99", "from the request to the handler's start", value: latencies.percentile(0.99),
            unit: "ms")
    }

    private func serving<Result: Sendable>(_ engine: Engine, _ body: @Sendable (Int) async throws -> Result)
        async throws -> Result
    {
        let (ports, found) = AsyncStream<Int>.makeStream()
        var configuration = ServerConfiguration()
        configuration.port = 0
        let server = SkeinServer(
            engine: engine, configuration: configuration, metrics: nil, logger: Logger(label: "http"),
            onListening: { found.yield($0) })
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            var iterator = ports.makeAsyncIterator()
            guard let port = await iterator.next() else { throw BenchError("the server did not start") }
            let result = try await body(port)
            group.cancelAll()
            return result
        }
    }

    private func create(_ url: String, _ body: [UInt8]) async throws -> ExecutionID {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.body = .bytes(body)
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        let bytes = try await response.body.collect(upTo: 1 << 20)
        let json = try JSONValue(parsing: Array(bytes.readableBytesView))
        guard response.status == .created, let id = json["execution"]?["id"]?.string.flatMap({ ExecutionID($0) }) else {
            throw BenchError("a creation was answered with \(response.status): \(json)")
        }
        return id
    }

    private func perSecond(_ url: String, _ body: [UInt8]) async throws -> Double {
        let count = Count()
        let start = ContinuousClock.now
        let end = start + .seconds(options.seconds)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    while ContinuousClock.now < end {
                        _ = try await create(url, body)
                        count.add(1)
                    }
                }
            }
            try await group.waitForAll()
        }
        return Double(count.value) / seconds(ContinuousClock.now - start)
    }
}
