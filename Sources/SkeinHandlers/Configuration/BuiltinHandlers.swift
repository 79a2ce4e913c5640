// The handlers that every Skein instance has. Composition only: what they do is in Steps, Transform and HTTP.

public import AsyncHTTPClient
public import Skein
public import SkeinCore

/// The built-in step types: `http`, `delay`, `wait`, `transform`, `conditional`, `switch`, `log` and `fail`.
public enum BuiltinHandlers {
    /// What the handlers need from outside.
    public struct Configuration: Sendable {
        /// Where `http` steps may go. Default: public addresses only.
        public var egress: EgressPolicy
        /// Where `auth` of `http` steps finds its secrets. Default: environment variables `SKEIN_SECRET_<NAME>`.
        public var secrets: any SecretSource
        /// How connections are made: TLS trust, connection timeout, pool. Redirects, proxies, decompression and name
        /// overrides in it are ignored.
        public var http: HTTPClient.Configuration
        /// The most bytes of a response's body. Default: 1 MiB.
        public var maxResponseBytes: Int
        package var resolver: any HostResolver = SystemHostResolver()

        /// Creates a configuration; each part has the default described at its property.
        public init(
            egress: EgressPolicy = .publicOnly, secrets: any SecretSource = EnvironmentSecrets(),
            http: HTTPClient.Configuration = HTTPClient.Configuration(), maxResponseBytes: Int = 1024 * 1024
        ) {
            self.egress = egress
            self.secrets = secrets
            self.http = http
            self.maxResponseBytes = maxResponseBytes
        }
    }

    private static let all: [any BuiltinHandler.Type] = [
        HTTPHandler.self, DelayHandler.self, WaitHandler.self, SubFlowHandler.self, MapHandler.self,
        TransformHandler.self, ConditionalHandler.self,
        SwitchHandler.self, LogHandler.self, FailHandler.self,
    ]

    /// The names of the types, as flows use them.
    public static let types: Set<String> = Set(all.map { $0.type })

    /// What handlers of these types are, for `skein flow validate` and other places without an engine.
    public static let metadata: [HandlerMetadata] = all.map { $0.metadata }

    /// The handlers, ready to be registered.
    public static func handlers(_ configuration: Configuration = Configuration()) -> [AnyHandler] {
        [
            checked(HTTPHandler(configuration)), checked(DelayHandler()), checked(WaitHandler()),
            checked(SubFlowHandler()),
            checked(MapHandler()),
            checked(TransformHandler()),
            checked(ConditionalHandler()), checked(SwitchHandler()), checked(LogHandler()), checked(FailHandler()),
        ]
    }

    /// With its check, so that a flow with a mistake in it is refused at registration.
    private static func checked<H: Handler>(_ handler: H) -> AnyHandler {
        AnyHandler(handler) { check(type: H.type, config: $0) }
    }

    /// Finds mistakes in a step's `config` that are certain without running it; fits `FlowSpec.validate`'s
    /// `configCheck`.
    ///
    /// Values with placeholders are known only at run time and pass. Conditions and targets of `conditional` and
    /// `switch` are checked by `FlowSpec.validate` itself.
    ///
    /// - Parameters:
    ///   - type: the step's type; others than ``types`` have no problems.
    ///   - config: the step's config.
    ///   - mayHaveInput: whether required parameters can come from the step's input. `false` reports them when missing.
    /// - Returns: errors with pointers from the config.
    public static func check(type: String, config: JSONObject, mayHaveInput: Bool = true) -> [Problem] {
        guard let handler = all.first(where: { $0.type == type }) else { return [] }
        var check = ConfigCheck(config, mayHaveInput: mayHaveInput)
        handler.check(&check)
        return check.problems
    }
}

extension Engine {
    /// Registers the built-in handlers. Handlers registered later under the same names replace them.
    public func addBuiltinHandlers(_ configuration: BuiltinHandlers.Configuration = BuiltinHandlers.Configuration()) {
        for handler in BuiltinHandlers.handlers(configuration) { handlers.register(handler) }
    }
}
