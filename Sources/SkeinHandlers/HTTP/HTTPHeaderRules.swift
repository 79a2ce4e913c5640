import NIOHTTP1
import SkeinCore

/// Which headers a step may send.
enum HTTPHeaderRules {
    /// Set by the client, or meant for one connection only.
    private static let reserved: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade", "expect",
        "proxy-connection", "proxy-authorization", "proxy-authenticate",
    ]
    private static let tokenSigns = Set("!#$%&'*+-.^_`|~".utf8)

    /// Headers from a step's parameters: texts, numbers, booleans or lists of them; null leaves a header out.
    static func read(_ object: JSONObject) throws -> HTTPHeaders {
        var headers = HTTPHeaders()
        for (name, json) in object where !json.isNull {
            for element in json.array ?? [json] {
                guard let value = element.scalarText else {
                    throw StepFailure.input("the header '\(name.prefix(100))' must be a text")
                }
                if let objection = objection(to: name, value) { throw StepFailure.input(objection) }
                headers.add(name: name, value: value)
            }
        }
        return headers
    }

    /// Why a header cannot be sent; does not show its value.
    static func objection(to name: String, _ value: String) -> String? {
        let shown = LogHandler.printable(String(name.prefix(100)))
        guard !name.isEmpty, name.utf8.allSatisfy(isTokenByte) else { return "'\(shown)' is not the name of a header" }
        if reserved.contains(name.lowercased()) { return "the header '\(shown)' cannot be set" }
        guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            return "the value of the header '\(shown)' has control characters in it"
        }
        return nil
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || tokenSigns.contains(byte)
    }
}
