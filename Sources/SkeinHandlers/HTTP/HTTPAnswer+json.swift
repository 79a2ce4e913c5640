import NIOHTTP1
import SkeinCore

extension HTTPAnswer {
    /// `{status, statusText, headers, body, durationMs}`. A body that is no text is base64, said by `bodyEncoding`.
    func output(after duration: Duration) -> JSONValue {
        var object: JSONObject = [
            "status": .int(Int64(status.code)), "statusText": .string(Self.clean(status.reasonPhrase)),
            "headers": headersJSON,
        ]
        object["body"] = bodyJSON
        if plainText == nil { object["bodyEncoding"] = "base64" }
        object["durationMs"] = .int(duration.wholeMilliseconds)
        return .object(object)
    }

    /// `{status, body}` of HTTP_ERROR; the body is cut at 16 KiB.
    var details: JSONValue {
        ["status": .int(Int64(status.code)), "body": bodyJSON]
    }

    /// Names in lower case, values of one name joined.
    private var headersJSON: JSONValue {
        var object = JSONObject()
        for (name, value) in headers {
            let key = name.lowercased()
            let text = Self.clean(value)
            object[key] = .string(object[key]?.string.map { "\($0), \(text)" } ?? text)
        }
        return .object(object)
    }

    /// JSON when the server says so and it is; otherwise the text.
    private var bodyJSON: JSONValue {
        guard let text = plainText else { return .string(Base64.encoded(body)) }
        if isJSON, !isCut, let value = try? JSONValue(parsing: text) { return value }
        return .string(text)
    }

    private var isJSON: Bool {
        let type = headers.first(name: "content-type")?.split(separator: ";").first?.lowercased() ?? ""
        let bare = type.filter { $0 != " " }
        return bare == "application/json" || bare.hasSuffix("+json")
    }

    /// `nil` for bytes that are not UTF-8 and for text with NUL characters, which no store takes.
    private var plainText: String? {
        if isCut { return Self.clean(String(decoding: body, as: UTF8.self)) }
        return body.contains(0) ? nil : String(validating: body, as: UTF8.self)
    }

    private static func clean(_ text: String) -> String { text.filter { $0 != "\0" } }
}
