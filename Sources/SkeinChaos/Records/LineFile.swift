// What a run writes down: files of JSON lines, which survive the death of whoever writes them.

import Foundation
package import SkeinCore

/// A file that lines are appended to, one system call each: what `append` returned for is in the file, whatever becomes of
/// the process.
package final class LineFile: Sendable {
    private let descriptor: Int32

    /// - Throws: when the file cannot be opened.
    package init(_ path: String) throws {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw ChaosFailure("\(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    /// Appends a line.
    package func append(_ value: JSONValue) {
        let bytes = value.serialized() + [UInt8(ascii: "\n")]
        let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        precondition(count == bytes.count, "a record was not written whole")
    }

    /// Everything in a file; nothing where there is none. The last line may be cut off and is left out then.
    package static func read(_ path: String) -> [JSONValue] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        var limits = JSONLimits.default
        limits.maxBytes = 64 << 20
        limits.allowsNulCharacter = true
        return data.split(separator: UInt8(ascii: "\n")).compactMap {
            try? JSONValue(parsing: Array($0), limits: limits)
        }
    }
}

/// Something that the chaos tool cannot go on with.
package struct ChaosFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// Microseconds since 1970 by this machine's clock, which all processes of a run and the database share.
package func presentTime() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
}
