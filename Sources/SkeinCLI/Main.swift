// Where the process begins and ends. Everything else returns or throws; only this file turns that into an exit code.

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

@main
enum Main {
    static func main() async {
        // Verbs that keep something (`serve`, `dev`) replace this by an orderly stop.
        signal(SIGINT) { _ in _exit(ExitStatus.interrupted.rawValue) }
        exit(await CommandRunner(console: .process).exitCode(Array(CommandLine.arguments.dropFirst())))
    }
}
