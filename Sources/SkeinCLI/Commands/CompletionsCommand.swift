import ArgumentParser

/// `skein completions SHELL`
struct CompletionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions", abstract: "Print a completion script.",
        discussion: "For example: skein completions bash > ~/.local/share/bash-completion/completions/skein")

    enum Shell: String, CaseIterable, ExpressibleByArgument {
        case bash, zsh, fish

        var parserShell: CompletionShell {
            switch self {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        }
    }

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell

    func run() throws {
        try Console.process.write(SkeinCommand.completionScript(for: shell.parserShell) + "\n")
    }
}
