// stdout and stderr of the process, and what is known about who reads them.

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import FoundationEssentials

/// Thrown when nobody reads stdout any more, as in `skein exec list | head`. The command ends quietly.
struct ClosedOutput: Error {}

/// Data goes to stdout, narration and errors to stderr.
struct Console: Sendable {
    var isTerminal: Bool
    var isErrorTerminal: Bool
    /// Columns of the terminal; nil in a pipe: nothing is cut there.
    var width: Int?
    var usesColor: Bool
    private let output: Int32
    fileprivate let errors: Int32

    init(output: Int32 = STDOUT_FILENO, errors: Int32 = STDERR_FILENO, environment: [String: String]) {
        self.output = output
        self.errors = errors
        isTerminal = isatty(output) == 1
        isErrorTerminal = isatty(errors) == 1
        width = isTerminal ? Self.columns(of: output, environment) : nil
        let isForced = environment["CLICOLOR_FORCE"].map { $0 != "0" && !$0.isEmpty } ?? false
        let isRefused = !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
        usesColor = !isRefused && (isTerminal || isForced)
    }

    /// Writes data.
    func write(_ text: String) throws(ClosedOutput) {
        guard Self.write(text, to: output) else { throw ClosedOutput() }
    }

    /// Writes a line of narration. Control characters never reach the terminal.
    func note(_ line: String) {
        _ = Self.write(line.withoutControls + "\n", to: errors)
    }

    private static func columns(of file: Int32, _ environment: [String: String]) -> Int? {
        if let columns = environment["COLUMNS"].flatMap({ Int($0) }), columns > 0 { return columns }
        var size = winsize()
        guard ioctl(file, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    fileprivate static func write(_ text: String, to file: Int32) -> Bool {
        var text = text
        return text.withUTF8 { buffer in
            var rest = UnsafeRawBufferPointer(buffer)
            while let address = rest.baseAddress, !rest.isEmpty {
                #if canImport(Glibc)
                let count = Glibc.write(file, address, rest.count)
                #else
                let count = Darwin.write(file, address, rest.count)
                #endif
                if count < 0, errno == EINTR || errno == EAGAIN { continue }
                guard count > 0 else { return false }
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
            }
            return true
        }
    }
}

extension Console {
    /// The console of this process.
    static var process: Console { Console(environment: ProcessInfo.processInfo.environment) }
}

extension Console {
    /// Writes a line that is safe already.
    func log(_ line: String) {
        _ = Self.write(line + "\n", to: errors)
    }
}
