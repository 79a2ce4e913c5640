import NIOCore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Why an instance could not listen, in words.
enum ListenFailure {
    static func explain(_ error: any Error, host: String, port: Int) -> any Error {
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE:
            CommandFailure(
                .failure, "port \(port) on \(host) is in use",
                fix: "choose another with --port or SKEIN_HTTP_PORT, or stop what listens there")
        case EACCES:
            CommandFailure(
                .failure, "this user may not listen on port \(port)",
                fix: "choose one above 1023 with --port or SKEIN_HTTP_PORT")
        case EADDRNOTAVAIL:
            CommandFailure(
                .failure, "this machine does not have the address \(host)",
                fix: "choose another with --host or SKEIN_HOST")
        default: error
        }
    }

    /// The URL of a listener; IPv6 addresses in brackets.
    static func url(_ host: String, _ port: Int) -> String {
        "http://\(host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host):\(port)"
    }
}
