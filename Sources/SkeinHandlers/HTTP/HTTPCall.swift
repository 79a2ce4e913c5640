// A request as a step asks for it: read and checked before anything is sent.

import NIOCore
import NIOHTTP1
import Skein
import SkeinCore

/// Everything an `http` step says about its request.
struct HTTPCall: Sendable {
    var url: RequestURL
    var method: HTTPMethod
    var headers: HTTPHeaders
    var body: ByteBuffer?
    var timeout: Duration
    /// Extra attempts of the handler's own.
    var retries: Int
    var expect: StatusSet

    static let timeouts: ClosedRange<Int64> = 1...3_600_000
    static let retryBounds: ClosedRange<Int64> = 0...10
    private static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

    /// - Throws: ``StepFailure`` for parameters without sense, ``EgressDenial`` for a URL that may not be asked.
    init(_ parameters: Parameters, _ step: StepContext) throws {
        guard let url = try parameters.text("url"), !url.isEmpty else {
            throw StepFailure.input("an http step needs 'url'")
        }
        self.url = try RequestURL(url)
        for (name, value) in try parameters.object("query") ?? [:] where !value.isNull {
            for element in value.array ?? [value] {
                guard let text = element.scalarText else {
                    throw StepFailure.input("'query.\(name)' must be a text or a list of texts")
                }
                self.url.add(name: name, value: text)
            }
        }
        method = try Self.method(try parameters.text("method") ?? "GET")
        headers = try HTTPHeaderRules.read(try parameters.object("headers") ?? [:])
        body = nil
        timeout = try parameters.milliseconds("timeoutMs", in: Self.timeouts) ?? .seconds(30)
        retries = Int(try parameters.integer("retries", in: Self.retryBounds) ?? 0)
        expect = .success
        if let json = parameters["expect"] {
            guard let expect = StatusSet(json) else {
                throw StepFailure.input("'expect' must be a status such as 201 or \"2xx\", or a list of them")
            }
            self.expect = expect
        }
        setBody(parameters["body"])
        addStandardHeaders(step)
    }

    static func method(_ text: String) throws -> HTTPMethod {
        let name = text.uppercased()
        guard methods.contains(name) else {
            throw StepFailure.input(
                "the method must be one of \(methods.sorted().joined(separator: " ")), not '\(text.prefix(40))'")
        }
        return HTTPMethod(rawValue: name)
    }

    private mutating func setBody(_ json: JSONValue?) {
        guard let json else { return }
        if let text = json.string {
            body = ByteBuffer(string: text)
            addHeader("content-type", "text/plain; charset=utf-8")
        } else {
            body = ByteBuffer(bytes: json.serialized())
            addHeader("content-type", "application/json")
        }
    }

    private mutating func addStandardHeaders(_ step: StepContext) {
        addHeader("accept", "application/json, */*;q=0.8")
        addHeader("user-agent", "skein")
        addHeader("idempotency-key", step.idempotencyToken)
        addHeader("traceparent", Self.traceparent(step))
    }

    private mutating func addHeader(_ name: String, _ value: String) {
        if !headers.contains(name: name) { headers.add(name: name, value: value) }
    }

    /// W3C Trace Context: the execution is the trace, the attempt the parent.
    private static func traceparent(_ step: StepContext) -> String {
        let trace = step.executionID.description.filter { $0 != "-" }
        var span: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in "\(step.idempotencyToken)/\(step.attempt)".utf8 { span = (span ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let digits = String(max(1, span), radix: 16)
        return "00-\(trace)-\(String(repeating: "0", count: 16 - digits.count))\(digits)-01"
    }
}
