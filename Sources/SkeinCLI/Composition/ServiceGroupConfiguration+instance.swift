import Logging
import ServiceLifecycle

extension ServiceGroupConfiguration {
    /// Services that run until a signal, stopped in reverse order.
    ///
    /// - Parameters:
    ///   - main: what the services are there for; they stop when it ends.
    ///   - grace: how long running steps get; the group waits somewhat longer before it cancels.
    static func instance(
        _ services: [any Service], main: (any Service)? = nil, _ signals: StopSignals, grace: Duration, logger: Logger
    ) -> ServiceGroupConfiguration {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        var all = services.map { ServiceConfiguration(service: $0) }
        for service in [main, signals].compactMap({ $0 }) {
            all.append(
                ServiceConfiguration(
                    service: service, successTerminationBehavior: .gracefullyShutdownGroup,
                    failureTerminationBehavior: .gracefullyShutdownGroup))
        }
        var configuration = ServiceGroupConfiguration(services: all, logger: quiet)
        configuration.maximumGracefulShutdownDuration = grace + .seconds(15)
        return configuration
    }
}
