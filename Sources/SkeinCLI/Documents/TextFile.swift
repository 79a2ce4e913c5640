#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import FoundationEssentials

/// Whole files as text.
enum TextFile {
    /// - Throws: a failure that says why the file cannot be read.
    static func read(_ path: String) throws(CommandFailure) -> String {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            let reason = FileManager.default.fileExists(atPath: path) ? "cannot be read" : "does not exist"
            throw CommandFailure(.failure, "the file \(path) \(reason)", fix: "check the path and its permissions")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw CommandFailure(.failure, "the file \(path) is not text in UTF-8", fix: "save it as UTF-8")
        }
        return text
    }

    /// Everything on stdin.
    static func readInput() throws(CommandFailure) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(STDIN_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += buffer.prefix(count)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure(.usage, "stdin is not text in UTF-8", fix: "send UTF-8")
        }
        return text
    }
}
