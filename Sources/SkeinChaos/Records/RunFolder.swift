import Foundation
package import SkeinCore

/// The folder of one run: everything that is needed to judge it again later, without any server.
package struct RunFolder: Sendable {
    package let path: String

    package init(_ path: String) { self.path = path }

    /// Makes an empty folder.
    package static func make(_ name: String, under base: String) throws -> RunFolder {
        let path = "\(base)/\(name)"
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path + "/tables", withIntermediateDirectories: true)
        return RunFolder(path)
    }

    package var client: String { path + "/client.jsonl" }
    package var resource: String { path + "/resource.jsonl" }
    package var streams: String { path + "/streams.jsonl" }
    package var nemesis: String { path + "/nemesis.jsonl" }
    package var run: String { path + "/run.json" }
    package func ledger(_ label: String) -> String { path + "/ledger-\(label).jsonl" }
    package func table(_ name: String) -> String { path + "/tables/\(name).jsonl" }
    package func points(_ label: String) -> String { path + "/points-\(label).log" }

    /// The files whose name begins so.
    func files(_ prefix: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { $0.hasPrefix(prefix) }.sorted().map { path + "/" + $0 }
    }

    /// The lines of all ledgers.
    package var ledgers: [JSONValue] { files("ledger-").flatMap { LineFile.read($0) } }

    /// How often each named point was passed with effect, over all instances.
    package var pointCounts: [String: Int] {
        var counts: [String: Int] = [:]
        for file in files("points-") {
            let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
            for line in text.split(separator: "\n") { counts[String(line), default: 0] += 1 }
        }
        return counts
    }
}
