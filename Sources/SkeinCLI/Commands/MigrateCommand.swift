import ArgumentParser
import Skein
import SkeinCore

/// `skein migrate`
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Bring the database's schema up to date.",
        discussion: "Any number of instances may do it at once. Prints the names of what was applied.")

    @Flag(help: "Say whether the schema is up to date.")
    var status = false

    @Flag(help: "Say what is missing; apply nothing.")
    var dryRun = false

    @OptionGroup var flags: SettingFlags
    @OptionGroup var shown: OutputOptions

    func run() async throws {
        let printer = shown.printer
        let console = printer.console
        let settings = try flags.read(.tool, others: ["--status", "--dry-run", "--output"], console: console)
        guard settings.databaseURL != nil else { throw Self.noDatabase }
        let composition = Composition(settings: settings, console: console)
        let store = composition.watchedPostgresStore()
        let gate = StoreGate(store: store, clock: composition.clock, note: { console.note($0) })
        do {
            if status || dryRun {
                try await show(gate, store, printer)
            } else {
                try await apply(gate, printer)
            }
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }

    private func apply(_ gate: StoreGate, _ printer: Printer) async throws {
        let names = try await gate.migrate()
        if names.isEmpty, printer.format != .table {
            printer.console.note("nothing to apply: the schema is up to date")
        }
        let items = names.map { JSONValue.object(["name": .string($0), "state": "applied"]) }
        try printer.list(
            .object(["items": .array(items)]), columns: Self.columns,
            empty: "nothing to apply: the schema is up to date")
    }

    private func show(_ gate: StoreGate, _ store: any ExecutionStore, _ printer: Printer) async throws {
        let health = try await gate.patiently { try await store.verify() }
        let items = health.findings.filter { $0.name == "schema" }.map { finding in
            JSONValue.object([
                "name": "schema", "state": finding.isFine ? "current" : "pending", "message": .string(finding.message),
            ])
        }
        try printer.list(.object(["items": .array(items)]), columns: Self.columns, empty: "the store has no schema")
    }

    static let columns = [Column("name"), Column("state", "STATE", .status), Column("message")]
    static let noDatabase = CommandFailure(
        .usage, "no database is configured",
        fix: "set DATABASE_URL=postgres://USER:PASSWORD@HOST/NAME, or PGHOST and its siblings")
}
