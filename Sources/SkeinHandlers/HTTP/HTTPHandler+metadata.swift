import Skein
import SkeinCore

extension HTTPHandler {
    static let metadata = HandlerMetadata(
        type: "http", name: "HTTP request", description: "Sends a request and takes in the answer.",
        category: "external",
        configSchema: [
            "type": "object",
            "properties": [
                "url": ["type": "string", "minLength": 1, "description": "http or https; placeholders are filled in."],
                "method": ["type": "string", "default": "GET"],
                "headers": ["type": "object"], "query": ["type": "object"],
                "body": ["description": "A text is sent as it is, anything else as JSON."],
                "timeoutMs": ["type": ["integer", "string"], "minimum": 1, "maximum": 3_600_000, "default": 30_000],
                "retries": ["type": ["integer", "string"], "minimum": 0, "maximum": 10, "default": 0],
                "expect": ["description": "Statuses: 201, \"2xx\", or a list of them.", "default": "2xx"],
                "auth": [
                    "description": "The name of a secret, or {type: bearer|basic|header, secret, username, header}.",
                    "type": ["string", "object"],
                ],
            ],
        ])

    static func check(_ check: inout ConfigCheck) {
        check.require("url")
        check.rename(["timeout": "timeoutMs", "params": "query", "uri": "url", "json": "body"])
        checkURL(&check)
        if let method = check.literal("method"), (try? HTTPCall.method(method.string ?? "")) == nil {
            check.report(.badValue, "method", "\"method\" must be one of GET HEAD POST PUT PATCH DELETE OPTIONS.")
        }
        check.kind("query", .object)
        checkHeaders(&check)
        check.integer("timeoutMs", in: HTTPCall.timeouts)
        check.integer("retries", in: HTTPCall.retryBounds)
        if let expect = check.literal("expect"), StatusSet(expect) == nil {
            check.report(.badValue, "expect", "\"expect\" must be a status such as 201 or \"2xx\", or a list of them.")
        }
        checkAuth(&check)
        check.templates()
    }

    private static func checkURL(_ check: inout ConfigCheck) {
        guard let url = check.literal("url") else { return }
        guard let text = url.string else { return check.kind("url", .string) }
        do {
            _ = try RequestURL(text)
        } catch {
            check.report(.badValue, "url", "\(error.description).")
        }
    }

    private static func checkHeaders(_ check: inout ConfigCheck) {
        check.kind("headers", .object)
        for (name, value) in check.config["headers"]?.object ?? [:] where !value.isNull {
            for element in value.array ?? [value] {
                let objection = HTTPHeaderRules.objection(to: name, element.scalarText ?? "")
                guard let message = element.scalarText == nil ? "the value of a header must be a text" : objection
                else { continue }
                check.report([Problem(.badValue, at: JSONPointer(tokens: ["headers", name]), "\(message).")])
            }
        }
    }

    private static func checkAuth(_ check: inout ConfigCheck) {
        guard let auth = check.config["auth"], !auth.isNull else { return }
        do {
            _ = try HTTPAuth(auth)
        } catch let failure as StepFailure {
            check.report(.badValue, "auth", "\(failure.failure.message).")
        } catch {}
    }
}
