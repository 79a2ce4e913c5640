import SkeinCore

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Appends events to a file, one JSON object per line. Several processes may share the file: each line is one write.
public final class NDJSONTraceSink: TraceSink {
    private let file: Int32

    /// - Throws: a `StepFailure` when the file cannot be opened for writing.
    public init(path: String) throws {
        file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw Self.failure("cannot open '\(path)'") }
    }

    deinit { close(file) }

    public func record(_ event: AuditEvent) async throws {
        var line = event.json.serialized()
        line.append(UInt8(ascii: "\n"))
        guard write(file, line, line.count) == line.count else { throw Self.failure("the trace was not written") }
    }

    private static func failure(_ what: String) -> StepFailure {
        StepFailure("TRACE_FAILED", "\(what): \(String(cString: strerror(errno)))")
    }
}
