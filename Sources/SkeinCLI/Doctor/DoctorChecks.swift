import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Skein
import SkeinCore

/// Asks the servers of an instance, without changing anything.
struct DoctorChecks: Sendable {
    var composition: Composition

    func all() async -> [Check] {
        await postgres() + [await redis(), await port()]
    }

    private func postgres() async -> [Check] {
        guard composition.settings.databaseURL != nil else {
            return [
                Check(
                    "postgres", .failed, "no database is configured",
                    fix: "set DATABASE_URL=postgres://USER:PASSWORD@HOST/NAME")
            ]
        }
        let store = composition.watchedPostgresStore()
        let checks: [Check]
        do {
            let health = try await store.verify()
            checks = health.findings.map { Self.check($0) } + [Self.clock(health.clockOffset)]
        } catch {
            checks = [
                Check(
                    "postgres", .failed, StoreGate.shortened("\(error)"),
                    fix: "check DATABASE_URL (host, role, password, database) and that PostgreSQL runs")
            ]
        }
        await store.close()
        return checks
    }

    static func check(_ finding: StoreHealth.Finding) -> Check {
        let name = "postgres \(finding.name)"
        if !finding.isFine { return Check(name, .failed, finding.message, fix: StoreGate.fix(for: finding.name)) }
        let mark = "warning: "
        guard finding.message.hasPrefix(mark) else { return Check(name, .ok, finding.message) }
        let fix =
            finding.name == "role"
            ? "create a role that owns only the schema, and use it in DATABASE_URL" : "see the message"
        return Check(name, .warning, String(finding.message.dropFirst(mark.count)), fix: fix)
    }

    static func clock(_ offset: Duration) -> Check {
        let milliseconds = offset.wholeMilliseconds
        let text =
            "the database's clock is \(milliseconds.magnitude) ms \(milliseconds < 0 ? "behind" : "ahead of") this machine's"
        let state: Check.State =
            milliseconds.magnitude < 1_000 ? .ok : milliseconds.magnitude < 60_000 ? .warning : .failed
        return Check("clock", state, text, fix: "synchronise both with NTP (chrony, systemd-timesyncd)")
    }

    private func redis() async -> Check {
        guard composition.settings.redisURL != nil else {
            return Check(
                "redis", .warning, "not configured: instances find each other by looking, which is slower",
                fix: "set REDIS_URL=redis://HOST:6379")
        }
        let coordination: Coordination
        do {
            coordination = try composition.coordination(isWatched: true)
        } catch {
            return Check("redis", .failed, "\(error)", fix: "correct REDIS_URL")
        }
        let running = Task { await coordination.run() }
        defer { running.cancel() }
        var answer = await coordination.health.check()
        for _ in 0..<10 where !answer.isFine {
            try? await composition.clock.sleep(for: .milliseconds(200))
            answer = await coordination.health.check()
        }
        let fix =
            "check REDIS_URL and that Redis runs with maxmemory-policy noeviction; without it the engine works, only slower"
        return Check("redis", answer.isFine ? .ok : .failed, answer.message, fix: fix)
    }

    private func port() async -> Check {
        let (host, port) = (composition.settings.host, composition.settings.port)
        let url = ListenFailure.url(host, port)
        do {
            let response = try await HTTPClient.direct.execute(
                HTTPClientRequest(url: url + "/healthz"), timeout: .seconds(2))
            if response.status == .ok { return Check("port", .ok, "a server answers at \(url)") }
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout {
            return Check(
                "port", .failed, "something listens at \(url) but does not answer",
                fix: "choose another with SKEIN_HTTP_PORT")
        } catch {
            return Check("port", .ok, "\(port) on \(host) is free")
        }
        return Check(
            "port", .failed, "something else than skein answers at \(url)", fix: "choose another with SKEIN_HTTP_PORT")
    }
}
