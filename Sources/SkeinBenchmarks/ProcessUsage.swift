import Foundation

/// What this process and others have used so far, from /proc.
enum ProcessUsage {
    /// User and system seconds of some processes; 0 for those that are gone.
    static func cpuSeconds(_ pids: [Int32]) -> Double {
        pids.reduce(0) { sum, pid in
            guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
                let end = text.lastIndex(of: ")")
            else { return sum }
            let fields = text[text.index(after: end)...].split(separator: " ")
            guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return sum }
            return sum + (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
        }
    }

    static var ownPID: Int32 { getpid() }

    static func residentBytes() -> Int {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { return 0 }
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}

/// How fast the disk makes 8 KiB durable: it has fast and slow hours.
enum DiskProbe {
    static func perSecond() -> Double {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("skein-bench-\(getpid())").path
        let file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
        guard file >= 0 else { return 0 }
        defer {
            close(file)
            unlink(path)
        }
        let block = [UInt8](repeating: 7, count: 8_192)
        let start = ContinuousClock.now
        var count = 0
        while ContinuousClock.now - start < .milliseconds(500) {
            guard pwrite(file, block, block.count, 0) == block.count, fdatasync(file) == 0 else { return 0 }
            count += 1
        }
        return Double(count) / seconds(ContinuousClock.now - start)
    }
}

func seconds(_ span: Duration) -> Double {
    Double(span.components.seconds) + Double(span.components.attoseconds) / 1e18
}
