import FoundationEssentials
import SkeinCore

/// The example flows of a checkout.
struct SampleFlows: Sendable {
    /// Where they were found.
    var folder: String
    var documents: [DocumentFile]

    /// Looks in `ops/examples` of the current directory, then of the folders above the executable. Nil: there are none.
    ///
    /// - Throws: a failure when a file there cannot be read.
    static func find(
        from directory: String = FileManager.default.currentDirectoryPath, executable: String = Self.executable
    ) throws -> SampleFlows? {
        var places = [directory]
        var place = executable
        while let slash = place.lastIndex(of: "/"), slash > place.startIndex {
            place = String(place[..<slash])
            places.append(place)
        }
        for place in places {
            let folder = place + "/ops/examples"
            guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { continue }
            let files = names.filter { name in [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) } }.sorted()
            guard !files.isEmpty else { continue }
            return SampleFlows(folder: folder, documents: try files.map { try DocumentFile(path: "\(folder)/\($0)") })
        }
        return nil
    }

    static var executable: String {
        let link = "/proc/self/exe"
        let path = URL(filePath: link).resolvingSymlinksInPath().path
        return path == link ? CommandLine.arguments.first ?? "" : path
    }
}
