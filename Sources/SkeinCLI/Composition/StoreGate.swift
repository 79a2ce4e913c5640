// Between an instance and its database at the start: waits for it, migrates it when asked to, refuses what would lose
// work.

import Skein
import SkeinCore

/// Opens a store for work.
struct StoreGate: Sendable {
    var store: any ExecutionStore
    var clock: any EngineClock
    /// Gets a line every few seconds while there is something to wait for.
    var note: @Sendable (String) -> Void
    /// How long to wait for a database that does not answer.
    var patience: Duration = .seconds(30)

    /// Returns once the store can be trusted with work.
    ///
    /// - Parameter migrates: bring the schema up to date first.
    /// - Throws: a failure that says what is wrong and what to do.
    func open(migrates: Bool) async throws -> StoreHealth {
        if migrates { for name in try await migrate() { note("applied migration \(name)") } }
        let health = try await patiently { try await store.verify() }
        let broken = health.findings.filter { !$0.isFine }
        guard let first = broken.first else { return health }
        throw CommandFailure(
            .failure, "the database cannot be trusted with work: \(first.message)",
            details: broken.dropFirst().map(\.message),
            fix: Self.fix(for: first.name))
    }

    /// Brings the schema up to date. Returns the names of what was applied.
    func migrate() async throws -> [String] {
        try await patiently { try await store.migrate() }
    }

    /// Asks until the database answers, at most for the time of the gate's patience.
    func patiently<T: Sendable>(_ body: @Sendable () async throws -> T) async throws -> T {
        let start = clock.monotonic
        var pause = Duration.milliseconds(250)
        var nextNote = start
        var reason = ""
        while true {
            do {
                return try await body()
            } catch let error as StoreError where error.code == .unavailable {
                let now = clock.monotonic
                // That no connection came in time says less than why the last one failed.
                if reason.isEmpty || !error.message.hasPrefix("connectTimeout") {
                    reason = Self.shortened(error.message)
                }
                guard now - start < patience else { throw failure(StoreError(.unavailable, reason)) }
                if now >= nextNote {
                    note("waiting for the database: \(reason)")
                    nextNote = now + .seconds(4)
                }
                try await clock.sleep(for: min(pause, max(.zero, start + patience - now)))
                pause = min(pause * 2, .seconds(2))
            } catch let error as StoreError {
                throw failure(error)
            }
        }
    }

    /// The first line of a message without the code before it.
    static func shortened(_ message: String) -> String {
        let line = message.split(separator: "\n").first.map { String($0) } ?? message
        let parts = line.split(separator: ": ", maxSplits: 1)
        return parts.count == 2 && !parts[0].contains(" ") ? String(parts[1]) : line
    }

    private func failure(_ error: StoreError) -> CommandFailure {
        switch error.code {
        case .unavailable:
            CommandFailure(
                .failure, "the database was not reachable for \(patience.components.seconds) s: \(error.message)",
                fix: "check DATABASE_URL and that PostgreSQL runs; `skein dev` needs none")
        case .schema:
            CommandFailure(
                .failure, "the database refuses: \(error.message)",
                fix: "check DATABASE_URL (role, password, database), SKEIN_SCHEMA and `skein migrate --status`")
        case .unsafe:
            CommandFailure(
                .failure, "the database cannot be trusted with work: \(error.message)", fix: Self.fix(for: "fsync"))
        case .invalid, .corrupt, .stale:
            CommandFailure(
                .failure, "the database gave an answer that cannot be used: \(error.message)", fix: "run `skein doctor`"
            )
        }
    }

    /// What to do about a finding that is not fine.
    static func fix(for finding: String) -> String {
        switch finding {
        case "schema": "run `skein migrate`, or start with --migrate"
        case "fsync", "full_page_writes", "synchronous_commit":
            "set \(finding) = on in postgresql.conf and reload the server"
        case "recovery": "name the primary in DATABASE_URL, or add target_session_attrs=read-write"
        case "version": "use PostgreSQL 14 or later"
        case "encoding": "create the database with ENCODING 'UTF8' TEMPLATE template0"
        default: "run `skein doctor`"
        }
    }
}
