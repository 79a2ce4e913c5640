import NIOHTTP1
import Skein
import SkeinCore

/// How a request proves who sends it. The secret is looked up at every attempt and goes nowhere but into the header.
///
/// - `"name"` or `{type: "bearer", secret: "name"}`: `Authorization: Bearer …`
/// - `{type: "basic", username, secret}`: without a user name the secret is `user:password`.
/// - `{type: "header", header, secret}`: the secret is the value of that header.
enum HTTPAuth: Hashable, Sendable {
    case bearer(secret: String)
    case basic(username: String?, secret: String)
    case header(String, secret: String)

    /// - Throws: ``StepFailure`` when it is none of the forms.
    init(_ json: JSONValue) throws {
        if let name = json.string, !name.isEmpty {
            self = .bearer(secret: name)
            return
        }
        guard let secret = json["secret"]?.string, !secret.isEmpty else {
            throw StepFailure.input("'auth' must be the name of a secret, or an object with 'secret'")
        }
        switch json["type"]?.string ?? "bearer" {
        case "bearer": self = .bearer(secret: secret)
        case "basic": self = .basic(username: json["username"]?.string, secret: secret)
        case "header":
            guard let name = json["header"]?.string, HTTPHeaderRules.objection(to: name, "") == nil else {
                throw StepFailure.input("'auth.header' must be the name of a header")
            }
            self = .header(name, secret: secret)
        case let type:
            throw StepFailure.input("'auth.type' must be bearer, basic or header, not '\(type.prefix(40))'")
        }
    }

    private var secret: String {
        switch self {
        case .bearer(let secret), .basic(_, let secret), .header(_, let secret): secret
        }
    }

    /// Puts the secret into its header, in place of one that the step gives.
    func apply(to headers: inout HTTPHeaders, _ source: any SecretSource) async throws {
        guard let value = try await source.secret(named: secret) else {
            throw StepFailure(
                "SECRET_NOT_FOUND",
                "there is no secret '\(secret.prefix(100))' (\(EnvironmentSecrets.variable(of: String(secret.prefix(100)))))",
                isRetryable: false)
        }
        let (name, text) =
            switch self {
            case .bearer: ("authorization", "Bearer \(value)")
            case .basic(let username, _):
                ("authorization", "Basic \(Base64.encoded((username.map { "\($0):\(value)" } ?? value).utf8))")
            case .header(let name, _): (name, value)
            }
        guard HTTPHeaderRules.objection(to: name, text) == nil else {
            throw StepFailure.input("the secret '\(secret.prefix(100))' does not fit into a header")
        }
        headers.replaceOrAdd(name: name, value: text)
    }
}
