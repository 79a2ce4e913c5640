// The command of the proof machinery. Not for users of the product.

import ArgumentParser
import SkeinChaos

@main
struct SkeinChaosTool: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skein-chaos",
        abstract:
            "Breaks instances, PostgreSQL, Redis and the links between them under load, and checks what was recorded.",
        subcommands: [InstanceCommand.self, RunCommand.self, CheckCommand.self, ListCommand.self])
}

/// `skein-chaos instance`
struct InstanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "instance", abstract: "One instance under test; reads its settings from the environment.")

    @Flag(help: "Bring the schema up to date and end.")
    var migrate = false

    func run() async throws { try await InstanceUnderTest().run(migrates: migrate) }
}

/// `skein-chaos check DIR`
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Judges a run again from its folder alone. Ends with 1 at a violation.")

    @Argument(help: "The folder of the run.")
    var folder: String

    func run() async throws {
        let verdicts = Checker.judge(History(RunFolder(folder)))
        for verdict in verdicts { print(verdict.text) }
        if verdicts.contains(where: \.isViolated) { throw ExitCode(1) }
    }
}
