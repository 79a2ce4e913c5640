import ArgumentParser

/// `skein version`
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    func run() throws {
        try Console.process.write("skein \(Version.current)\n")
    }
}
