/// What a client has done since it was made; every number only grows.
package struct RedisStatistics: Sendable, Equatable {
    /// Commands handed to a connection, each command of a pipeline counted.
    package var commandsSent = 0
    /// Replies that answered a command.
    package var repliesReceived = 0
    /// Connections that became usable, of both kinds.
    package var connectionsOpened = 0
    /// Connections that became usable after an earlier one of the same kind had been.
    package var reconnects = 0
    /// Attempts to connect that failed.
    package var connectFailures = 0
    /// Times that a command was not answered in time.
    package var timeouts = 0
    /// Connections discarded because the server broke the protocol or a limit.
    package var protocolViolations = 0
    /// Published messages delivered to at least one subscription.
    package var messagesReceived = 0
    /// Messages dropped because a subscription's buffer was full.
    package var messagesDropped = 0
}
