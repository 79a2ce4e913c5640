// The time zones of this machine: TZif files below $TZDIR or /usr/share/zoneinfo, read once and kept.

public import SkeinCore
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The IANA time zones that are installed.
public final class ZoneDatabase: Sendable {
    /// Where the files are, tried in this order.
    private let folders: [String]
    private let zones = Mutex<[String: ZoneRules]>([:])

    /// - Parameter folders: where the files are. Default: `$TZDIR`, then the places where systems keep them.
    public init(folders: [String]? = nil) {
        let named = getenv("TZDIR").map { [String(cString: $0)] } ?? []
        self.folders =
            folders ?? named + ["/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo"]
    }

    /// The zones of this process.
    public static let system = ZoneDatabase()

    /// The rules of a zone. UTC needs no files.
    ///
    /// - Throws: `UnknownTimeZone`, with a name that was probably meant.
    public func zone(_ name: String) throws(UnknownTimeZone) -> ZoneRules {
        if name == "UTC" || name == "Etc/UTC" || name == "Z" { return .utc }
        if let known = zones.withLock({ $0[name] }) { return known }
        guard Self.isName(name) else {
            throw UnknownTimeZone(name: name, reason: "is not the name of a time zone, such as Europe/Berlin")
        }
        for folder in folders {
            guard let bytes = Self.read(folder + "/" + name) else { continue }
            guard let rules = TZifReader.rules(name, bytes) else {
                throw UnknownTimeZone(name: name, reason: "cannot be read: \(folder) has a damaged file for it")
            }
            zones.withLock { $0[name] = rules }
            return rules
        }
        throw UnknownTimeZone(name: name, reason: unknown(name))
    }

    /// Areas and places of letters, digits and `+-_`: nothing that leads out of the folder.
    private static func isName(_ name: String) -> Bool {
        guard (1...100).contains(name.utf8.count) else { return false }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return parts.allSatisfy { part in
            guard let first = part.utf8.first, first.isLetter else { return false }
            return part.utf8.allSatisfy { byte in
                byte.isLetter || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "+-_".utf8.contains(byte)
            }
        }
    }

    private func unknown(_ name: String) -> String {
        let names = names
        guard !names.isEmpty else {
            return "is not known here: this machine has no time zones; install tzdata or set TZDIR"
        }
        let meant =
            names.first { $0.lowercased() == name.lowercased() } ?? names.first { $0.hasSuffix("/" + name.capital) }
            ?? Suggestion.nearest(to: name, among: names)
        return "is not a time zone of the IANA database" + (meant.map { "; did you mean \($0)?" } ?? "")
    }

    /// All names there are, from the table that comes with the files.
    private var names: [String] {
        for folder in folders {
            for table in ["tzdata.zi", "zone1970.tab", "zone.tab"] {
                guard let bytes = Self.read(folder + "/" + table) else { continue }
                return Self.names(in: String(decoding: bytes, as: UTF8.self), isSource: table == "tzdata.zi")
            }
        }
        return []
    }

    /// `tzdata.zi` has zones as `Z NAME …` and links as `L TARGET NAME`; the other tables have the name in the third column.
    private static func names(in text: String, isSource: Bool) -> [String] {
        text.split(separator: "\n").compactMap { line in
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard let first = words.first, words.count > 2, first != "#" else { return nil }
            guard isSource else { return first.hasPrefix("#") ? nil : String(words[2]) }
            return first == "Z" ? String(words[1]) : first == "L" ? String(words[2]) : nil
        }
    }

    /// A regular file of at most 1 MiB; nil: there is none.
    private static func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= 1 << 20 {
            let count = fread(&chunk, 1, chunk.count, file)
            guard count > 0 else { return ferror(file) == 0 ? bytes : nil }
            bytes += chunk.prefix(count)
        }
        return nil
    }
}

/// A time zone that cannot be used.
public struct UnknownTimeZone: Error, Sendable, Hashable, CustomStringConvertible {
    public var name: String
    /// Goes on after the name.
    public var reason: String

    /// One sentence.
    public var description: String { "\(name.quoted) \(reason)" }
}

extension UInt8 {
    fileprivate var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }
}

extension String {
    /// `berlin` as `Berlin`.
    fileprivate var capital: String { prefix(1).uppercased() + dropFirst() }
}
