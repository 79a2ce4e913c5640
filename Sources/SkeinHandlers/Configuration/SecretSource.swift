// Where secrets come from. Steps name a secret; its value never enters a flow, a context, a log or a failure.

import Foundation

/// Finds secrets by the names that steps use.
public protocol SecretSource: Sendable {
    /// The secret of a name; `nil` when there is none.
    func secret(named name: String) async throws -> String?
}

/// Secrets from environment variables: `payment-api` is `SKEIN_SECRET_PAYMENT_API`.
public struct EnvironmentSecrets: SecretSource {
    private let variables: [String: String]

    /// Takes the variables of this process as they are now.
    public init() {
        self.init(environment: ProcessInfo.processInfo.environment)
    }

    /// Takes the given variables; those without the prefix `SKEIN_SECRET_` are dropped.
    public init(environment: [String: String]) {
        variables = environment.filter { $0.key.hasPrefix("SKEIN_SECRET_") }
    }

    /// The variable of a name, without white space at its end.
    public func secret(named name: String) async throws -> String? {
        guard let value = variables[Self.variable(of: name)] else { return nil }
        let trimmed = value.trimmingCharacters(in: .whitespacesAndNewlines)
        return trimmed.isEmpty ? nil : trimmed
    }

    /// The variable of a name: upper case, with `_` for everything but letters and digits.
    public static func variable(of name: String) -> String {
        "SKEIN_SECRET_"
            + String(name.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }
}

extension EnvironmentSecrets: CustomStringConvertible {
    /// Names no values.
    public var description: String { "EnvironmentSecrets(\(variables.count) secrets)" }
}
