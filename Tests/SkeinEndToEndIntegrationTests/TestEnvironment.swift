import Foundation
import SkeinCore

/// Where the servers, the programs and the free ports are.
enum TestEnvironment {
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    static let variables = ProcessInfo.processInfo.environment

    /// Whether the tests are to run: always where servers are promised, otherwise when they are named.
    static let isEnabled: Bool = {
        if variables["CI"] != nil { return true }
        let isNamed = variables["SKEIN_TEST_DATABASE_URL"] != nil && variables["SKEIN_TEST_REDIS_URL"] != nil
        if !isNamed { print("SKIPPED: the end-to-end tests need SKEIN_TEST_DATABASE_URL and SKEIN_TEST_REDIS_URL") }
        return isNamed
    }()

    static func databaseURL() throws -> String { try variable("SKEIN_TEST_DATABASE_URL") }

    static func redisURL() throws -> String { try variable("SKEIN_TEST_REDIS_URL") }

    private static func variable(_ name: String) throws -> String {
        guard let value = variables[name], !value.isEmpty else { throw Missing(description: "\(name) is not set") }
        return value
    }

    /// The program under test: `SKEIN_TEST_BINARY`, or the one beside this test bundle.
    static func skein() throws -> URL {
        if let path = variables["SKEIN_TEST_BINARY"] { return URL(filePath: path) }
        let starts =
            CommandLine.arguments.prefix(1).map { URL(filePath: $0) } + [
                Bundle.main.bundleURL, Bundle(for: Anchor.self).bundleURL,
            ]
        for start in starts {
            var folder = start.standardizedFileURL
            while folder.path.count > 1 {
                folder.deleteLastPathComponent()
                let program = folder.appending(path: "skein")
                var isFolder: ObjCBool = false
                let exists = FileManager.default.fileExists(atPath: program.path, isDirectory: &isFolder)
                if exists, !isFolder.boolValue, FileManager.default.isExecutableFile(atPath: program.path) {
                    return program
                }
            }
        }
        throw Missing(description: "there is no program 'skein' beside the tests; build it or set SKEIN_TEST_BINARY")
    }

    static func redisServer() throws -> URL {
        let folders =
            (variables["PATH"] ?? "").split(separator: ":").map { String($0) } + [
                "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin",
            ]
        let programs = folders.map { "\($0)/redis-server" }
        guard let path = programs.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            throw Missing(description: "there is no program 'redis-server'")
        }
        return URL(filePath: path)
    }

    /// A port that was free a moment ago.
    static func freePort() throws -> Int {
        #if canImport(Glibc)
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
        let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 ? getsockname(descriptor, generic, &length) : -1
            }
        }
        guard status == 0 else { throw Missing(description: "no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    static func randomName() -> String {
        "e2e_" + (0..<10).map { _ in String("abcdefghijklmnopqrstuvwxyz0123456789".randomElement() ?? "x") }.joined()
    }

    /// Seconds since 1970, to be compared with the database's times.
    static var now: Double { Date().timeIntervalSince1970 }
}

private final class Anchor {}
