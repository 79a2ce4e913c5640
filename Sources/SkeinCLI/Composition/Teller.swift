import Logging

/// Tells an operator what an instance does: lines of text, or log events where logs are read by machines.
struct Teller: Sendable {
    var console: Console
    var logger: Logger
    var format: ServeSettings.LogFormat

    func tell(_ line: String) {
        switch format {
        case .text: console.note(line)
        case .json:
            // Whatever the level is: whoever starts an instance wants to know where it listens.
            var logger = logger
            logger.logLevel = min(logger.logLevel, .notice)
            logger.notice("\(line)")
        }
    }
}
