import HTTPTypes

/// Which methods each path has, for the difference between 404 and 405.
struct RouteTable: Sendable {
    private var routes: [(segments: [Substring], method: HTTPRequest.Method)] = []

    init(_ endpoints: [Endpoint]) {
        routes = endpoints.map { (Self.segments($0.path), $0.method) }
    }

    /// The methods of a path, HEAD beside GET; empty when there is no such path.
    func methods(of path: String) -> [HTTPRequest.Method] {
        let asked = Self.segments(path)
        let found = routes.filter { Self.matches($0.segments, asked) }.map(\.method)
        return found.flatMap { $0 == .get ? [.get, .head] : [$0] }
    }

    private static func segments(_ path: String) -> [Substring] {
        path.split(separator: "/", omittingEmptySubsequences: true)
    }

    private static func matches(_ pattern: [Substring], _ asked: [Substring]) -> Bool {
        pattern.count == asked.count && zip(pattern, asked).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
    }
}
