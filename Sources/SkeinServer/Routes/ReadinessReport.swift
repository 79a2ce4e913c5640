import Skein
import SkeinCore

/// What the checks behind `/readyz` found.
struct ReadinessReport: Sendable {
    /// By name: postgres, redis, migrations, clock.
    var checks: JSONObject = [:]
    /// Whether the store can be worked with.
    var isUsable = true
    var isDegraded = false

    /// Beyond this the store's clock and the machine's differ by too much for punctual timers.
    private static let clockTolerance = Duration.seconds(1)

    static func of(_ engine: Engine) async -> ReadinessReport {
        async let redis = redis(engine.coordination.health)
        var report = await store(engine.store)
        let (check, isFine) = await redis
        report.checks["redis"] = check
        if !isFine { report.isDegraded = true }
        return report.sorted
    }

    /// For a check that did not end in time.
    static func late(_ limit: Duration) -> ReadinessReport {
        let message = "no answer within \(limit.wholeMilliseconds) ms"
        return ReadinessReport(
            checks: [
                "postgres": check("down", message), "redis": check("unknown"), "migrations": check("unknown"),
                "clock": check("unknown"),
            ],
            isUsable: false)
    }

    private static func store(_ store: any ExecutionStore) async -> ReadinessReport {
        do {
            return ReadinessReport(try await store.verify())
        } catch let error as StoreError where error.code == .schema {
            return ReadinessReport(
                checks: [
                    "postgres": check("ok"), "migrations": check("failed", "the schema does not fit this version"),
                    "clock": check("unknown"),
                ],
                isUsable: false)
        } catch {
            return ReadinessReport(
                checks: [
                    "postgres": check("down", "it cannot be reached or refuses"), "migrations": check("unknown"),
                    "clock": check("unknown"),
                ],
                isUsable: false)
        }
    }

    private init(checks: JSONObject, isUsable: Bool) {
        self.checks = checks
        self.isUsable = isUsable
    }

    init(_ health: StoreHealth) {
        let schema = health.findings.filter { Self.isAboutSchema($0.name) }
        let rest = health.findings.filter { !Self.isAboutSchema($0.name) }
        checks["postgres"] = Self.check(rest)
        checks["migrations"] = Self.check(schema)
        let isPunctual = health.clockOffset <= Self.clockTolerance && health.clockOffset >= .zero - Self.clockTolerance
        var clock: JSONObject = [
            "status": isPunctual ? "ok" : "off", "offsetMs": .int(health.clockOffset.wholeMilliseconds),
        ]
        if !isPunctual { clock["message"] = "the clocks of this machine and of PostgreSQL differ" }
        checks["clock"] = .object(clock)
        isUsable = health.isFine
        isDegraded = !isPunctual
    }

    private static func isAboutSchema(_ name: String) -> Bool {
        let name = name.lowercased()
        return name.contains("schema") || name.contains("migration")
    }

    private static func redis(_ health: any CoordinationHealth) async -> (JSONValue, isFine: Bool) {
        guard health.isShared else { return (check("absent", "no other instance takes part"), false) }
        guard health.isUp else { return (check("down", "work goes on without it, and is found later"), false) }
        let answer = await health.check()
        return answer.isFine
            ? (check("ok"), true) : (check("down", "work goes on without it, and is found later"), false)
    }

    private static func check(_ findings: [StoreHealth.Finding]) -> JSONValue {
        let failed = findings.filter { !$0.isFine }
        guard failed.isEmpty else {
            return check("failed", failed.map { "\($0.name): \($0.message)" }.joined(separator: "; "))
        }
        return check("ok")
    }

    private static func check(_ status: String, _ message: String? = nil) -> JSONValue {
        var object: JSONObject = ["status": .string(status)]
        object["message"] = message.map { .string($0) }
        return .object(object)
    }

    private var sorted: ReadinessReport {
        var report = self
        report.checks = JSONObject(
            ["postgres", "redis", "migrations", "clock"].compactMap { name in checks[name].map { (name, $0) } })
        return report
    }
}
