import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Metrics
import ServiceLifecycle
import Skein
import SkeinCore
@testable import SkeinServer
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HealthRouteTests {
    @Test func `a server without Redis is degraded, and unavailable as soon as it drains`() async throws {
        let server = try await TestServer()
        try await server.test { calls in
            let ready = try await calls.get("/readyz")
            #expect(ready.status == 200)
            #expect(ready.json["status"] == "degraded")
            #expect(ready.json["checks"]?.object?.keys == ["postgres", "redis", "migrations", "clock"])
            #expect(ready.json["checks"]?["redis"]?["status"] == "absent")
            server.server.beginDrain()
            let draining = try await calls.get("/readyz")
            #expect(draining.status == 503)
            #expect(draining.json["status"] == "draining")
            #expect(try await calls.get("/healthz").status == 200)
        }
    }

    @Test func `findings decide whether the store can be worked with`() {
        let sound = ReadinessReport(StoreHealth(findings: [.init("connection", isFine: true, "")], clockOffset: .zero))
        #expect(sound.isUsable && !sound.isDegraded)
        let old = ReadinessReport(StoreHealth(findings: [.init("schema", isFine: false, "behind")], clockOffset: .zero))
        #expect(!old.isUsable)
        #expect(old.checks["migrations"]?["status"] == "failed")
        #expect(old.checks["postgres"]?["status"] == "ok")
        let late = ReadinessReport(StoreHealth(findings: [], clockOffset: .seconds(-3)))
        #expect(late.isUsable && late.isDegraded)
    }

    @Test func `many askers ask the store once`() async throws {
        let count = Mutex(0)
        let readiness = Readiness(limit: .seconds(30), age: .seconds(30)) {
            count.withLock { $0 += 1 }
            await Task.yield()
            return ReadinessReport(StoreHealth(findings: [], clockOffset: .zero))
        }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { _ = await readiness.report() } }
        }
        #expect(count.withLock { $0 } == 1)
    }

    @Test func `a check that hangs keeps nobody waiting and is not asked twice`() async throws {
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let count = Mutex(0)
        let readiness = Readiness(limit: .milliseconds(1), age: .zero) {
            count.withLock { $0 += 1 }
            for await _ in gate {}
            return ReadinessReport(StoreHealth(findings: [], clockOffset: .zero))
        }
        #expect(await readiness.report().isUsable == false)
        #expect(await readiness.report().isUsable == false)
        #expect(count.withLock { $0 } == 1)
        opener.finish()
    }

    @Test func `metrics are shown as Prometheus reads them`() async throws {
        let registry = PrometheusRegistry()
        try await TestServer(metrics: registry).test { calls in
            _ = try await calls.get("/v1/executions/x")
            let answer = try await calls.get("/metrics")
            #expect(answer.headers[.contentType]?.hasPrefix("text/plain; version=0.0.4") == true)
            #expect(answer.text.contains("# TYPE skein_redis_up gauge\nskein_redis_up 0\n"))
            #expect(answer.text.contains("skein_executions_in_progress 0\n"))
            #expect(
                answer.text.contains(
                    #"skein_http_requests_total{method="GET",route="/v1/executions/{id}",status="404"} 1"#))
            #expect(answer.text.contains("# TYPE skein_http_request_duration_seconds histogram\n"))
        }
    }

    @Test func `a registry writes names, labels and buckets as the format wants them`() {
        let registry = PrometheusRegistry()
        Counter(label: "hb.requests", dimensions: [("path", "a\"b\\c\nd"), ("le", "x")], factory: registry).increment(
            by: 2)
        FloatingPointCounter(label: "cost", dimensions: [], factory: registry).increment(by: 0.5)
        Gauge(label: "open", dimensions: [], factory: registry).record(1.5)
        Meter(label: "open", dimensions: [], factory: registry).increment(by: 1)
        Metrics.Timer(label: "call", dimensions: [], factory: registry).recordMilliseconds(2)
        let sizes = Recorder(label: "batch_size", dimensions: [("k", "v")], aggregate: true, factory: registry)
        for size in [1, 3, 10_000] { sizes.record(size) }
        Counter(label: "open", dimensions: [], factory: registry).increment()
        let text = registry.text()
        #expect(text.contains(#"hb_requests_total{exported_le="x",path="a\"b\\c\nd"} 2"#))
        #expect(text.contains("cost_total 0.5\n"))
        #expect(text.contains("# TYPE open gauge\nopen 2.5\n"))
        #expect(text.contains("call_seconds_bucket{le=\"0.001\"} 0\ncall_seconds_bucket{le=\"0.0025\"} 1\n"))
        #expect(text.contains("batch_size_bucket{k=\"v\",le=\"5\"} 2\n"))
        #expect(
            text.contains(
                "batch_size_bucket{k=\"v\",le=\"+Inf\"} 3\nbatch_size_sum{k=\"v\"} 10004\nbatch_size_count{k=\"v\"} 3\n"
            ))
    }

    @Test func `workers, locks and stats are lists and small truths`() async throws {
        let server = try await TestServer()
        _ = try await server.ended()
        _ = try await server.engine.coordination.locks.acquire("mine", holder: "me", ttl: .seconds(30))
        try await server.test { calls in
            let workers = try await calls.get("/v1/workers?live=true")
            #expect(workers.json["items"]?.array?.first?["id"]?.string == server.engine.workerID.description)
            #expect(workers.json["leaders"] == [:])
            let locks = try await calls.get("/v1/locks")
            #expect(locks.json["items"]?.array?.map { $0["name"] } == ["mine"])
            #expect(try await calls.get("/v1/stats").json["executionsInProgress"] == 0)
            #expect(try await calls.get("/").json["executions"] == "/v1/executions")
        }
    }

    @Test func `a server listens on a free port, and answers what is in flight when it stops`() async throws {
        let (ports, bound) = AsyncStream.makeStream(of: Int.self)
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let (starts, started) = AsyncStream.makeStream(of: Void.self)
        let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let engine = try await TestServer().engine
        engine.handle("hello") { _, _ in
            started.yield()
            for await _ in gate {}
            return .success("done")
        }
        let id = try await engine.create("greet", options: CreateOptions(autoRun: false)).execution.id
        var configuration = ServerConfiguration()
        configuration.port = 0
        let server = SkeinServer(engine: engine, configuration: configuration, logger: silent) { bound.yield($0) }
        let group = ServiceGroup(configuration: .init(services: [server], logger: silent))
        async let running: Void = group.run()
        let port = try #require(await ports.first { _ in true })
        try await TestClient.withClient(host: "127.0.0.1", port: port) { client in
            async let answer = client.execute(.init("/v1/executions/\(id)/step", method: .post, authority: "127.0.0.1"))
            _ = await starts.first { _ in true }
            await group.triggerGracefulShutdown()
            opener.finish()
            let response = try await answer
            #expect(response.status == .ok)
        }
        try await running
    }
}
