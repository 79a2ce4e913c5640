import Skein
import SkeinCore

/// What an idle instance asks of the servers.
struct Idle {
    let environment: BenchEnvironment
    static let span = 30.0

    init(_ environment: BenchEnvironment) { self.environment = environment }

    func run(_ report: Report) async throws {
        let (statements, commands) = try await environment.withEngine { engine in
            engine.handle("work") { _, _ in .success(nil) }
            // Past the chores of a beginning: the first election and its maintenance.
            try await Task.sleep(for: .seconds(12))
            let before = try await environment.statements()
            let commands = try await environment.redisCommands {
                try await Task.sleep(for: .seconds(Self.span))
            }
            return ((try await environment.statements() - before) / Self.span, commands / Self.span)
        }
        report.note(
            "idle.statements", "PostgreSQL statements of an idle instance", value: statements, unit: "/s",
            target: "<= 1")
        report.note("idle.redis", "Redis commands of an idle instance", value: commands, unit: "/s", target: "<= 2")
    }
}
