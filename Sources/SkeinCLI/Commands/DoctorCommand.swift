import ArgumentParser
import SkeinCore

/// `skein doctor`
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check settings, PostgreSQL, Redis, clock and port.",
        discussion: "Every finding comes with what to do about it. Exit code 1 when something fails.")

    @OptionGroup var flags: SettingFlags
    @OptionGroup var shown: OutputOptions

    func run() async throws {
        let printer = shown.printer
        let result = flags.check(.tool, others: ["--output"])
        let composition = Composition(settings: result.settings, console: printer.console)
        var checks = result.problems.map { Check("settings", .failed, $0, fix: "see `skein serve --help`") }
        checks += result.warnings.map { Check("settings", .warning, $0, fix: "unset it or correct its name") }
        if checks.isEmpty { checks.append(Check("settings", .ok, "all values are valid")) }
        checks += await DoctorChecks(composition: composition).all()
        try printer.list(.object(["items": .array(checks.map(\.json))]), columns: Check.columns, empty: "")
        let failed = checks.count { $0.state == .failed }
        guard failed == 0 else {
            throw CommandFailure(
                .failure, "\(failed) check\(failed == 1 ? "" : "s") failed", fix: "do what the last column says")
        }
    }
}
